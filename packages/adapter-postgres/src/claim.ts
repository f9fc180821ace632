/** Claim: the request as the database takes it, and its answer as jobs. */

import {
  type Claim,
  type ClaimRequest,
  type Instant,
  type LeasedJob,
  ownLease,
  parsed,
  toBackoff,
} from "@jobyard/core/adapter";
import { DIVIDER } from "./enqueue-runs.ts";
import { type ClaimAnswer, type ClaimForm, claimJobs } from "./sql/claim.sql.ts";
import type { Call, Marks } from "./step.ts";

/**
 * Which look of a claim that waits this is. Only the first is a sign of life of its session: if each were, idle
 * workers would write without end.
 */
export type Look = "first" | "again";

/**
 * What claims of a store tell the next one, on whatever connection: while an old snapshot keeps what was claimed in the
 * tables, where to begin.
 */
export interface Fronts {
  known: string | null;
}

export async function claimNow(
  call: Call,
  request: ClaimRequest,
  look: Look,
  fronts: Fronts = { known: null },
): Promise<Claim> {
  const answer = await call.db.get(claimJobs, { ...claimForm(request, fronts), look });
  if (answer === undefined) throw new Error("a claim was answered with nothing");
  return claimIn(call, answer, request, fronts);
}

/** @param answer - to this request */
export function claimIn({ touched }: Marks, answer: ClaimAnswer, request: ClaimRequest, fronts: Fronts): Claim {
  fronts.known = answer.fronts;
  const jobs = jobsOf(answer, request);
  for (const { lease } of jobs) touched.add(lease.ref.queue);
  const { now, nextDueAt, held } = JSON.parse(answer.head) as Head;
  return { jobs, now, nextDueAt, held: held ?? [] };
}

type Head = Pick<Claim, "now" | "nextDueAt"> & { readonly held?: Claim["held"] | null };

export function claimForm(
  { session, token, leaseMs, max, held, queues: asked }: ClaimRequest,
  { known }: Fronts,
): ClaimForm {
  const queues = asked.map(({ queue }) => queue);
  return {
    session,
    token,
    lease_ms: leaseMs,
    room: max,
    held,
    names: queues.toSorted(),
    queues,
    most: asked.map(({ max: most }) => most),
    types: asked.map(({ types }) =>
      JSON.stringify(Object.fromEntries(types.map(({ name, maxVersion }) => [name, maxVersion]))),
    ),
    fronts: known,
  };
}

/** Of each job in `numbers`. */
const NUMBERS = 7;

function jobsOf(answer: ClaimAnswer, request: ClaimRequest): readonly LeasedJob[] {
  const { numbers, ids, payloads, backoffs, extras, told } = answer;
  if (numbers === null || ids === null || payloads === null || backoffs === null || told === null) return [];
  const columns: Columns = {
    numbers: numbers.split(","),
    payloads: payloads.split(DIVIDER),
    backoffs: backoffs.split(DIVIDER),
    extras: extras?.split(DIVIDER) ?? null,
    types: typesIn(told),
  };
  return ids.split(DIVIDER).map((id, index) => leasedJob(request, columns, id, index));
}

/** The answer by columns. */
interface Columns {
  readonly numbers: readonly string[];
  readonly payloads: readonly string[];
  readonly backoffs: readonly string[];
  readonly extras: readonly string[] | null;
  /** By lane. */
  readonly types: ReadonlyMap<string, Type>;
}

type Type = readonly [queue: string, name: string, version: number];
const UNKNOWN: Type = ["", "", 0];

const typesIn = (told: string): Columns["types"] =>
  new Map(
    told.split(DIVIDER).map((lane) => {
      const [id = "", queue = "", name = "", version] = lane.split(WITHIN);
      return [id, [queue, name, Number(version)]];
    }),
  );

/** Stands in no name. */
const WITHIN = "\u001f";

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
const NO_TAGS: readonly string[] = [];

function leasedJob({ session, token }: ClaimRequest, told: Columns, id: string, index: number): LeasedJob {
  const from = index * NUMBERS;
  const [queue, name, version] = told.types.get(told.numbers[from + 1] ?? "") ?? UNKNOWN;
  const text = told.extras?.[index];
  const extra = text ? (JSON.parse(text) as Extra) : NOTHING;
  const lease = { ref: { queue, id }, epoch: Number(told.numbers[from + 4]), token, session };
  return {
    // A job that holds a dedupe key is looked at when it is settled: the key has to follow.
    lease: extra.hasKey ? lease : ownLease(lease, Number(told.numbers[from]), 0),
    name,
    version,
    payload: told.payloads[index] ?? "",
    progress: extra.progress,
    priority: Number(told.numbers[from + 2]),
    attempt: Number(told.numbers[from + 3]) + 1,
    maxAttempts: Number(told.numbers[from + 5]),
    backoff: toBackoff(told.backoffs[index] || null),
    timeoutMs: extra.timeoutMs,
    createdAt: Number(told.numbers[from + 6]),
    expiresAt: extra.expiresAt,
    tags: extra.tags === null ? NO_TAGS : (parsed<readonly string[]>(extra.tags) ?? NO_TAGS),
    group: extra.group,
    parent: extra.parent === null ? null : parsed(extra.parent),
    heldLimit: extra.heldLimit,
  };
}
