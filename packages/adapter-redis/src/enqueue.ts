/** Enqueue: jobs as the script takes them, and its answers as receipts. */

import { type JobRef, type NewJob, type Receipt, type State, sameJson } from "@jobyard/core/adapter";
import { factsText, foreignOptsText } from "./facts.ts";
import { enqueueScript } from "./lua/enqueue.lua.ts";
import { type Packable, packed } from "./packed.ts";
import { assertNotReserved } from "./reserved-ids.ts";
import type { Scripts } from "./scripts.ts";

/** A script holds the server up for as long as it runs: longer lists go in portions. */
const MOST_AT_ONCE = 1_000;
/** In characters of payloads; besides, the server takes no argument of 512 MiB. */
const MOST_TEXT = 16 * 1_048_576;

/**
 * A call of more than 1,000 jobs, or of more than 16 MiB in several, is several steps, one after the other.
 *
 * @throws QueueError `BAD_NAME` for an id that BullMQ has another use for; nothing is written then
 */
export async function enqueue(store: Scripts, jobs: readonly NewJob[]): Promise<readonly Receipt[]> {
  for (const { id } of jobs) assertNotReserved(id);
  const receipts: Receipt[] = [];
  for (const portion of portionsOf(jobs)) {
    const answers = await store.run(enqueueScript, packed(portion.map(specOf)));
    receipts.push(...receiptsOf(portion, answers as readonly Answer[]));
  }
  return receipts;
}

/** As they are sent, each in a step of its own. */
export function portionsOf(jobs: readonly NewJob[]): readonly (readonly NewJob[])[] {
  const portions: NewJob[][] = [];
  let text = 0;
  for (const job of jobs) {
    const last = portions.at(-1);
    text += job.payload.length;
    if (last !== undefined && last.length < MOST_AT_ONCE && text <= MOST_TEXT) {
      last.push(job);
    } else {
      portions.push([job]);
      text = job.payload.length;
    }
  }
  return portions;
}

/** In the order that the script says. */
export function specOf(job: NewJob): Packable {
  const delayMs = "delayMs" in job.start ? job.start.delayMs : 0;
  const at = "at" in job.start ? job.start.at : null;
  const common = [job.queue, job.id, job.name, job.payload, foreignOptsText(job, delayMs), delayMs, at, job.priority];
  const rare = rareIn(job);
  return rare.every((one) => one === null) ? common : [...common, ...rare];
}

/** What most jobs have none of. */
function rareIn(job: NewJob): readonly Packable[] {
  const { version, expiresInMs, dedupe } = job;
  const key = dedupe === null ? [] : [dedupe.key, modeOf(dedupe.while), dedupe.onConflict];
  return [version === 1 ? null : version, factsText(job), expiresInMs, ...key];
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
