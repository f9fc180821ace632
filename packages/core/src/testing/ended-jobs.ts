/** Jobs that came to an end, by plain calls of an adapter: what tests of retention stand on. */

import { expect } from "vitest";
import type { Adapter, Decision, NewJob } from "../contract/adapter.ts";
import type { JobRef } from "../nouns/job.ts";
import type { RetainedState, Retention } from "../nouns/retention.ts";
import { claimRequest, newJob } from "./plain-calls.ts";

const FAILURE = { code: "X", message: "broken", stack: null };
export const COMPLETE: Decision = { move: "complete", result: '"fine"' };
export const BURY: Decision = { move: "bury", failure: FAILURE };
/** Every final goes. */
export const KEEP_NONE: Retention = { ageMs: 0, count: null, bytes: null };

const BY = { actor: "test" };
const QUEUE = "mail";
let made = 0;

/** So many, each with an id that none had before. */
export const newJobs = (count: number, over: Partial<NewJob> = {}): readonly NewJob[] =>
  Array.from({ length: count }, () => newJob(`j${made++}`, over));

/** Claims so many of those that are due, and ends all of them at once. */
async function finish(adapter: Adapter, count: number, decision: Decision): Promise<void> {
  const queues = [{ queue: QUEUE, max: count, types: [{ name: "greet", maxVersion: 1 }] }];
  const { jobs } = await adapter.leaser.claim(claimRequest(`t${made++}`, { max: count, queues }));
  expect(jobs).toHaveLength(count);
  await adapter.leaser.settle(jobs.map(({ lease }) => ({ lease, guard: "held", decision })));
}

/** Enqueues so many, and ends all of them at once. */
export async function endJobs(adapter: Adapter, count: number, decision: Decision): Promise<readonly JobRef[]> {
  const receipts = await adapter.writer.enqueue(newJobs(count));
  await finish(adapter, count, decision);
  return receipts.map(({ ref }) => ref);
}

/**
 * Completes so many one by one, far from the order of their enqueue, five of them in each instant.
 *
 * @param count - no multiple of 271
 * @param tick - the clock goes on by a millisecond
 * @returns their addresses, in the order in which they have to go
 */
export async function completeOneByOne(
  adapter: Adapter,
  count: number,
  tick: () => void | Promise<void>,
): Promise<readonly JobRef[]> {
  const jobs = Array.from({ length: count }, (_, n) => newJob(`${n}`));
  await adapter.writer.enqueue(jobs);
  const queues = [{ queue: QUEUE, max: count, types: [{ name: "greet", maxVersion: 1 }] }];
  const { jobs: taken } = await adapter.leaser.claim(claimRequest("t", { max: count, queues }));
  const ended: { readonly n: number; readonly instant: number }[] = [];
  for (let turn = 0; turn < count; turn++) {
    const n = (turn * 271) % count;
    const lease = taken[n]?.lease;
    if (lease) await adapter.leaser.settle([{ lease, guard: "held", decision: COMPLETE }]);
    ended.push({ n, instant: Math.floor(turn / 5) });
    if (turn % 5 === 4) await tick();
  }
  return ended.sort((a, b) => a.instant - b.instant || a.n - b.n).map(({ n }) => ({ queue: QUEUE, id: `${n}` }));
}

/** Purges all of these in batches of up to 13, and looks after each of them who went. */
export async function expectToGoInOrder(adapter: Adapter, refs: readonly JobRef[]): Promise<void> {
  const rule = { queue: QUEUE, state: "completed", keep: { ageMs: null, count: 0, bytes: null } } as const;
  for (let gone = 0; gone < refs.length; ) {
    const batch = (gone % 13) + 1;
    const { removed } = await adapter.sweeper.purge(rule, batch);
    expect(removed).toBe(Math.min(batch, refs.length - gone));
    const asked = refs.slice(gone, gone + removed + 1);
    const found = (await adapter.reader.get(asked)).map((job) => job !== null);
    expect(found).toEqual(asked.map((_, index) => index === removed));
    gone += removed;
  }
}

/** A job that leaves traces wherever one can, comes to its end, is removed and comes back, and is purged. */
export async function goThroughEverything(adapter: Adapter, state: RetainedState): Promise<void> {
  const keyed = { dedupe: { key: "k", while: "open", onConflict: "skip" }, expiresInMs: 1e9 } as const;
  const refs = (await adapter.writer.enqueue(newJobs(1, keyed))).map(({ ref }) => ref);
  const retry: Decision = { move: "retry", delayMs: 0, failure: FAILURE };
  const [job] = (await adapter.leaser.claim(claimRequest("first"))).jobs;
  if (job) await adapter.leaser.append([{ lease: job.lease, kind: "log", data: '"one"' }]);
  if (job) await adapter.leaser.settle([{ lease: job.lease, guard: "held", decision: retry }]);
  await adapter.operator.apply("edit", refs, { ...BY, payload: '{"n":2}' });
  if (state === "cancelled") await adapter.operator.apply("cancel", refs, BY);
  else await finish(adapter, 1, state === "completed" ? COMPLETE : BURY);
  await adapter.operator.apply("remove", refs, BY);
  await adapter.operator.apply("restore", refs, BY);
  const rule = { queue: QUEUE, state, keep: KEEP_NONE };
  expect(await adapter.sweeper.purge(rule, 10)).toMatchObject({ removed: 1 });
}
