/** Claim: the request as the script takes it, and its answer as jobs. */

import type { Claim, ClaimRequest, Instant, LeasedJob, NewJob } from "@jobyard/core/adapter";
import { type Answer as EnqueueAnswer, specOf } from "./enqueue.ts";
import { type Facts, factsIn, foreignFactsIn } from "./facts.ts";
import { claimScript, serveScript } from "./lua/claim.lua.ts";
import { packed, unpacked } from "./packed.ts";
import type { Scripts } from "./scripts.ts";

/** One script holds the server up for as long as it runs. */
const MOST_AT_ONCE = 250;

/** A job of BullMQ's that our worker cannot simply run. */
export interface Foreign {
  readonly job: LeasedJob;
  /** Its scheduler, which has to make the next one. */
  readonly scheduler: string | null;
  /** Why it has to fail instead of being run. */
  readonly deferredFailure: string | null;
}

export interface Claimed {
  readonly claim: Claim;
  readonly foreign: readonly Foreign[];
  /** What was found is left for somebody else: who waits must not take the marker of it. */
  readonly isForOthers: boolean;
}

/** @param own - no stock workers serve these queues */
export async function claimNow(store: Scripts, request: ClaimRequest, own: boolean): Promise<Claimed> {
  const ask = askOf(request, own);
  for (;;) {
    const answer = unpacked<Answer>(await store.runForBuffers(claimScript, ask));
    // Only jobs were met that nobody here knows; what comes after them was not seen yet.
    if (answer[2] !== AGAIN) return claimedIn(request, answer);
  }
}

/** One step for an enqueue and for the claim that waits for it; the receipts are still to be made of the answers. */
export async function enqueueAndClaim(
  store: Scripts,
  jobs: readonly NewJob[],
  request: ClaimRequest,
  own: boolean,
): Promise<{ readonly enqueued: readonly EnqueueAnswer[]; readonly claimed: Claimed }> {
  const reply = await store.runForBuffers(serveScript, packed(jobs.map(specOf)), askOf(request, own));
  const [enqueued, answer] = unpacked<readonly [readonly EnqueueAnswer[], Answer]>(reply);
  return { enqueued, claimed: claimedIn(request, answer) };
}

/** One that waits is sent again and again. */
const asked = new WeakMap<ClaimRequest, { readonly own: boolean; readonly ask: Buffer }>();

function askOf(request: ClaimRequest, own: boolean): Buffer {
  const known = asked.get(request);
  if (known?.own === own) return known.ask;
  const { session, token, leaseMs, max, held, queues } = request;
  const ask = packed({
    ...{ session, token, leaseMs, held, own },
    max: Math.min(max, MOST_AT_ONCE),
    queues: queues.map((one) => [
      one.queue,
      one.max,
      Object.fromEntries(one.types.map(({ name, maxVersion }) => [name, maxVersion])),
    ]),
  });
  asked.set(request, { own, ask });
  return ask;
}

function claimedIn(request: ClaimRequest, [now, nextDueAt, again, heldQueues, rows]: Answer): Claimed {
  const jobs = rows.map((row) => leasedJob(request, row));
  return {
    claim: { jobs, now, nextDueAt: nextDueAt || null, held: heldIn(heldQueues) },
    foreign: rows.flatMap((row, index) => foreignOf(row, jobs[index])),
    isForOthers: again === FOR_OTHERS,
  };
}

const AGAIN = 1;
const FOR_OTHERS = 2;

type Answer = readonly [
  now: Instant,
  nextDueAt: Instant | false,
  again: 0 | typeof AGAIN | typeof FOR_OTHERS,
  held: readonly (string | number)[],
  jobs: readonly Row[],
];

/** Of each job, in the order that the script says; of most only the first eight. */
type Row = readonly [
  queue: string,
  id: string,
  name: string,
  payload: string,
  createdAt: string,
  epoch: string,
  version: string | false,
  facts: string | false,
  attempt?: number,
  priority?: number,
  expiresAt?: Instant | false,
  heldLimit?: number | false,
  progress?: string | false,
  foreignOpts?: string | false,
  scheduler?: string | false,
  deferredFailure?: string | false,
];

const given = <T>(value: T | false | undefined): T | null => (value === false || value === undefined ? null : value);

function leasedJob({ session, token }: ClaimRequest, row: Row): LeasedJob {
  const [queue, id, name, payload, createdAt, epoch, version, facts, attempt = 1, priority = 0] = row;
  const [, , , , , , , , , , expiresAt, heldLimit, progress, foreignOpts = false] = row;
  const { maxAttempts, backoff, timeoutMs, group, tags, parent }: Facts =
    foreignOpts === false ? factsIn(given(facts)) : foreignFactsIn(foreignOpts);
  return {
    lease: { ref: { queue, id }, epoch: Number(epoch), token, session },
    name,
    version: version === false ? 1 : Number(version),
    payload,
    progress: given(progress),
    priority,
    attempt,
    maxAttempts,
    backoff,
    timeoutMs,
    createdAt: Number(createdAt),
    expiresAt: given(expiresAt),
    tags,
    group,
    parent,
    heldLimit: given(heldLimit),
  };
}

function foreignOf(row: Row, job: LeasedJob | undefined): readonly Foreign[] {
  const [scheduler, deferredFailure] = [given(row[14]), given(row[15])];
  return job === undefined || (scheduler === null && deferredFailure === null)
    ? []
    : [{ job, scheduler, deferredFailure }];
}

/** @param told - queue, since, queue, since … */
function heldIn(told: readonly (string | number)[]): Claim["held"] {
  const held: { queue: string; since: Instant }[] = [];
  for (let index = 0; index < told.length; index += 2)
    held.push({ queue: String(told[index]), since: Number(told[index + 1]) });
  return held;
}
