/** Enqueue: jobs as the script takes them, and its answers as receipts. */

import { type JobRef, type NewJob, type Receipt, type State, sameJson } from "@jobyard/core/adapter";
import { factsText, foreignOptsText } from "./facts.ts";
import { enqueueScript } from "./lua/enqueue.lua.ts";
import { type Packable, packed } from "./packed.ts";
import { assertNotReserved } from "./reserved-ids.ts";
import type { Scripts } from "./scripts.ts";

/** A script holds the server up for as long as it runs: longer lists go in portions. */
export const MOST_AT_ONCE = 500;

/**
 * A call of more than 500 jobs is several steps, one after the other.
 *
 * @throws QueueError `BAD_NAME` for an id that BullMQ has another use for; nothing is written then
 */
export async function enqueue(store: Scripts, jobs: readonly NewJob[]): Promise<readonly Receipt[]> {
  for (const { id } of jobs) assertNotReserved(id);
  const receipts: Receipt[] = [];
  for (let from = 0; from < jobs.length; from += MOST_AT_ONCE) {
    const portion = jobs.slice(from, from + MOST_AT_ONCE);
    const answers = await store.run(enqueueScript, packed(portion.map(specOf)));
    receipts.push(...receiptsOf(portion, answers as readonly Answer[]));
  }
  return receipts;
}

/** In the order that the script says. */
export function specOf(job: NewJob): Packable {
  const delayMs = "delayMs" in job.start ? job.start.delayMs : 0;
  const { dedupe } = job;
  return [
    ...[job.queue, job.id, job.name, job.payload, foreignOptsText(job, delayMs)],
    ...("at" in job.start ? [null, job.start.at] : [delayMs, null]),
    ...[job.priority, job.version === 1 ? null : job.version, factsText(job), job.expiresInMs],
    ...(dedupe === null ? [] : [dedupe.key, modeOf(dedupe.while), dedupe.onConflict]),
  ];
}

/** The number of ms for which a timed key is held. */
const modeOf = (bound: NonNullable<NewJob["dedupe"]>["while"]): string | number =>
  typeof bound === "object" ? bound.forMs : bound;

/** As the script gives them. */
export type Answer =
  | 0
  | readonly ["replaced", id: string]
  | readonly ["id", state: State, name: string, payload: string]
  | readonly ["key", id: string, state: State]
  | readonly ["full", depth: number, maxSize: number];

export const receiptsOf = (jobs: readonly NewJob[], answers: readonly Answer[]): readonly Receipt[] =>
  jobs.map((job, index) => receiptOf(job, answers[index] ?? 0));

function receiptOf({ queue, id, name, payload }: NewJob, answer: Answer): Receipt {
  const ref: JobRef = { queue, id };
  if (answer === 0) return { outcome: "accepted", ref, state: "waiting", replaced: null };
  switch (answer[0]) {
    case "replaced":
      return { outcome: "accepted", ref, state: "waiting", replaced: { queue, id: answer[1] } };
    case "full":
      return { outcome: "full", ref, depth: answer[1], maxSize: answer[2] };
    case "key":
      return { outcome: "duplicate", ref: { queue, id: answer[1] }, state: answer[2], by: "key" };
    case "id": {
      const [, state, holderName, holderPayload] = answer;
      const isSame = holderName === name && sameJson(holderPayload, payload);
      return isSame ? { outcome: "duplicate", ref, state, by: "id" } : { outcome: "conflict", ref, state };
    }
  }
}
