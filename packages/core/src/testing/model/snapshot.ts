/** Everything that can be read, on the adapter and in the model. */

import { deepStrictEqual } from "node:assert";
import type { Adapter, Count } from "../../contract/adapter.ts";
import { AUDIT_KIND } from "../../contract/entries.ts";
import type { Job, JobRef } from "../../nouns/job.ts";
import { PHASES, phaseOf, STATES } from "../../nouns/lifecycle.ts";
import { QUEUES } from "./command.ts";
import { type Entry, keyOf } from "./entry.ts";
import type { Model } from "./model.ts";

/**
 * Jobs, events and queues.
 *
 * @param refs - every job that there ever was; jobs that are in neither are compared as missing
 * @returns how many events were compared
 * @throws AssertionError
 */
export async function compareStores({ reader }: Adapter, model: Model, refs: readonly JobRef[]): Promise<number> {
  const entries = refs.map((ref) => model.find(ref));
  const expected = entries.map((entry) => (entry ? readOf(model, entry) : null));
  deepStrictEqual(await reader.get(refs), expected);
  let compared = 0;
  for (const [index, ref] of refs.entries()) {
    const events = await reader.events(ref, 0, 10_000);
    deepStrictEqual(events, entries[index]?.events ?? null, `events of ${keyOf(ref)} differ`);
    compared += events?.length ?? 0;
  }
  for (const queue of QUEUES) {
    const { paused, maxSize } = model.queue(queue);
    const [info] = await reader.queues(queue);
    deepStrictEqual(
      { depth: info?.depth, paused: info?.paused, maxSize: info?.settings.maxSize, counts: info?.counts },
      { depth: model.depth(queue), paused, maxSize, counts: countsOf(model, queue) },
    );
  }
  return compared;
}

/** Who did what; records made within a millisecond have no order. */
export async function compareAudit({ records }: Adapter, model: Model): Promise<void> {
  const lines = await records.list(AUDIT_KIND, null, 10_000);
  deepStrictEqual(lines.map(({ doc }) => doc).sort(), [...model.audit].sort());
}

/** The job as readers see it. */
const readOf = (model: Model, entry: Entry): Job => ({
  ...entry.job,
  leaseUntil: entry.job.state === "active" ? model.deadlineOf(entry) : null,
});

function countsOf(model: Model, queue: string): Readonly<Record<string, Count>> {
  const phases = model.inQueue(queue, STATES).map(({ job }) => phaseOf(job, model.now));
  const counts = PHASES.map((phase) => [phase, { n: phases.filter((one) => one === phase).length, exact: true }]);
  return Object.fromEntries(counts) as Record<string, Count>;
}
