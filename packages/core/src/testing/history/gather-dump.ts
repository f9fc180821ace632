/** Adds to the facts what the store held in the end, job by job. */

import { DEPTH_STATES } from "../../nouns/lifecycle.ts";
import type { Dump, DumpedJob } from "./entry.ts";
import { count, type Facts, jobFacts, keyOf, queueFacts } from "./facts.ts";
import { storyOf } from "./story.ts";

export function gatherDump(facts: Facts, dump: Dump): void {
  for (const job of dump.jobs) stored(facts, job);
  for (const queue of dump.queues) queueFacts(facts, queue.queue).dumped = queue;
  if (dump.effectRows) facts.effectRows = rowsPerJob(facts, dump.effectRows);
}

/** A row of a job that nobody has heard of makes it one that was heard of. */
function rowsPerJob(facts: Facts, told: NonNullable<Dump["effectRows"]>): Facts["effectRows"] {
  const rows = new Map<string, number>();
  for (const ref of told.rows) {
    const key = keyOf(jobFacts(facts, ref).ref);
    rows.set(key, (rows.get(key) ?? 0) + 1);
  }
  return { queues: new Set(told.queues), rows };
}

function stored(facts: Facts, dumped: DumpedJob): void {
  const job = jobFacts(facts, dumped);
  const { queue, id, state, reason, attempt, maxAttempts, rescues, heldLimit, epoch, seq } = dumped;
  const story = storyOf(dumped);
  job.copies += 1;
  job.stored = {
    job: { queue, id, state, reason, attempt, maxAttempts, rescues, heldLimit, epoch, seq },
    story: job.dedupe === undefined ? { ...story, spans: [] } : story,
    kinds: job.reads.length === 0 ? [] : dumped.events.map(({ kind }) => kind),
  };
  if (DEPTH_STATES.includes(state)) queueFacts(facts, queue).open += 1;
  count(facts, `stored.${state}`);
}
