/** Steps that several scenarios are made of: filling a queue, waiting until it is empty, looking what became of it. */

import { pause } from "./clock.ts";
import { type Kind, type Payload, payloadOf, type Queue } from "./contender.ts";
import type { Tally } from "./tally.ts";

export const BULK = 1_000;
const MOST_WARM_UP = 20_000;
const LOOK_AGAIN_MS = 1;

/** Of so many jobs, the first that are not counted: compilers and caches get warm with them. */
export const warmUpOf = (jobs: number): number => Math.min(MOST_WARM_UP, Math.floor(jobs / 10));

/** Enqueues jobs `from` to `to`, in bulk where there is bulk. */
export async function fill(queue: Queue, from: number, to: number, kind: Kind = "due"): Promise<void> {
  for (let i = from; i < to; i += BULK) {
    const payloads = payloadsOf(i, Math.min(to, i + BULK));
    if (queue.addMany !== null) await queue.addMany(payloads, kind);
    else if (kind === "due") for (const payload of payloads) await queue.add(payload);
    else throw new Error(`this queue cannot be filled with jobs that are ${kind}`);
  }
}

export const payloadsOf = (from: number, to: number): readonly Payload[] =>
  Array.from({ length: to - from }, (_, offset) => payloadOf(from + offset));

/** Resolves when the store has nothing left to do: what ran is settled as well. */
export async function emptied(queue: Queue): Promise<void> {
  while ((await queue.open()) > 0) await pause(LOOK_AGAIN_MS);
}

/** @throws unless each job ran exactly once, and the store says so too */
export async function checkAllRan(queue: Queue, tally: Tally, jobs: number): Promise<void> {
  tally.check(jobs);
  await checkCompleted(queue, jobs);
}

/** @throws if the store keeps completed jobs, and not just as many */
export async function checkCompleted(queue: Queue, jobs: number): Promise<void> {
  const completed = await queue.completed();
  if (completed !== null && completed !== jobs)
    throw new Error(`${jobs} jobs ran, but the store has ${completed} that are completed`);
}
