/** Claim: the request as the database takes it, and its answer as jobs. */

import {
  type Claim,
  type ClaimRequest,
  type Instant,
  type LeasedJob,
  ownLease,
  toBackoff,
} from "@jobyard/core/adapter";
import { DIVIDER } from "./enqueue-runs.ts";
import { parsed } from "./rows.ts";
import { type ClaimAnswer, claimJobs } from "./sql/claim.sql.ts";
import type { Call } from "./step.ts";

/**
 * Which look of a claim that waits this is. Only the first is a sign of life of its session: if each were, idle
 * workers would write without end.
 */
export type Look = "first" | "again";

export async function claimNow(call: Call, request: ClaimRequest, look: Look): Promise<Claim> {
  const answer = await call.db.get(claimJobs, { request: requestText(request, look) });
  if (answer === undefined) throw new Error("a claim was answered with nothing");
  const jobs = jobsOf(answer, request);
  for (const { lease } of jobs) call.touched.add(lease.ref.queue);
  const { now, nextDueAt, held } = JSON.parse(answer.head) as Head;
  return { jobs, now, nextDueAt, held: held ?? [] };
}

type Head = Pick<Claim, "now" | "nextDueAt"> & { readonly held: Claim["held"] | null };

const requestText = ({ session, token, leaseMs, max, held, queues }: ClaimRequest, look: Look): string =>
  JSON.stringify({
    session,
    token,
    lease_ms: leaseMs,
    max,
    held,
    look,
    queues: queues.map(({ queue, max: most, types }) => ({
      queue,
      max: most,
      types: types.map(({ name, maxVersion }) => ({ name, version: maxVersion })),
    })),
  });

/** Of each job in `numbers`. */
const NUMBERS = 7;

function jobsOf(
  { numbers, ids, payloads, backoffs, extras, lanes }: ClaimAnswer,
  request: ClaimRequest,
): readonly LeasedJob[] {
  if (numbers === null || ids === null || payloads === null || backoffs === null || lanes === null) return [];
  const figures = numbers.split(",").map(Number);
  const texts = payloads.split(DIVIDER);
  const rules = backoffs.split(DIVIDER);
  const more = extras?.split(DIVIDER);
  const types = JSON.parse(lanes) as Readonly<Record<string, Type>>;
  return ids.split(DIVIDER).map((id, index) => {
    const base = index * NUMBERS;
    const figure = (offset: number): number => figures[base + offset] ?? 0;
    const type = types[figure(1)] ?? UNKNOWN;
    const extra = more?.[index] ? (JSON.parse(more[index]) as Extra) : NOTHING;
    return leasedJob(request, { id, type, figure, extra, payload: texts[index] ?? "", backoff: rules[index] || null });
  });
}

/** Queue, name and version. */
type Type = readonly [queue: string, name: string, version: number];
const UNKNOWN: Type = ["", "", 0];

interface Extra {
  readonly progress: string | null;
  readonly timeoutMs: number | null;
  readonly expiresAt: Instant | null;
  readonly tags: string | null;
  readonly group: string | null;
  readonly parent: string | null;
  readonly heldLimit: number | null;
  readonly hasKey: boolean;
}
const NOTHING: Extra = {
  progress: null,
  timeoutMs: null,
  expiresAt: null,
  tags: null,
  group: null,
  parent: null,
  heldLimit: null,
  hasKey: false,
};

interface Told {
  readonly id: string;
  readonly type: Type;
  readonly figure: (offset: number) => number;
  readonly extra: Extra;
  readonly payload: string;
  readonly backoff: string | null;
}

function leasedJob({ session, token }: ClaimRequest, { id, type, figure, extra, payload, backoff }: Told): LeasedJob {
  const [queue, name, version] = type;
  const lease = { ref: { queue, id }, epoch: figure(4), token, session };
  return {
    // A job that holds a dedupe key is looked at when it is settled: the key has to follow.
    lease: extra.hasKey ? lease : ownLease(lease, figure(0), 0),
    name,
    version,
    payload,
    progress: extra.progress,
    priority: figure(2),
    attempt: figure(3) + 1,
    maxAttempts: figure(5),
    backoff: toBackoff(backoff),
    timeoutMs: extra.timeoutMs,
    createdAt: figure(6),
    expiresAt: extra.expiresAt,
    tags: parsed(extra.tags) ?? [],
    group: extra.group,
    parent: parsed(extra.parent),
    heldLimit: extra.heldLimit,
  };
}
