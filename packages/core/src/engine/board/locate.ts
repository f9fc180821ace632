/** From what a person types to the one job that is meant. */

import type { JobReader } from "../../contract/adapter.ts";
import { QueueError } from "../../nouns/errors.ts";
import type { JobRef } from "../../nouns/job.ts";
import { NAME_MAX_LENGTH } from "../../nouns/names.ts";

/** Two names of that many code points of two units each, and the stroke between. */
const LONGEST = 4 * NAME_MAX_LENGTH + 1;

/**
 * `queue/id`, or an id that only one queue has. Queues and ids may have strokes in them, so every reading is tried.
 *
 * @throws QueueError `JOB_NOT_FOUND`, `JOB_AMBIGUOUS`
 */
export async function locateJob(reader: JobReader, text: string): Promise<JobRef> {
  if (text === "" || text.length > LONGEST)
    throw new QueueError("JOB_NOT_FOUND", JSON.stringify(text.slice(0, LONGEST)));
  const readings = splits(text);
  const [byId, jobs] = await Promise.all([reader.locate(text), readings.length === 0 ? [] : reader.get(readings)]);
  const found = [...byId, ...readings.filter((_, i) => jobs[i] !== null)];
  const [first, ...others] = found;
  if (!first) throw new QueueError("JOB_NOT_FOUND", text);
  if (others.length === 0) return { queue: first.queue, id: first.id };
  throw new QueueError("JOB_AMBIGUOUS", `${text}: ${found.map(({ queue, id }) => `${queue}/${id}`).join(", ")}`);
}

const splits = (text: string): readonly JobRef[] =>
  [...text.matchAll(/\//g)]
    .map(({ index }) => ({ queue: text.slice(0, index), id: text.slice(index + 1) }))
    .filter(({ queue, id }) => queue !== "" && id !== "");
