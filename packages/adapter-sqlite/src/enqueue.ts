/** Enqueue: jobs of one call are judged one after the other, each after what those before it wrote. */

import {
  backoffText,
  type Dedupe,
  type Instant,
  type JobRef,
  jsonText,
  listText,
  type NewJob,
  type Receipt,
  sameJson,
} from "@jobyard/core/adapter";
import { changeJob, stateOf } from "./change.ts";
import { runFrom, writeRun } from "./enqueue-runs.ts";
import { extendTimedKey, followState, holderOf, startTimedKey } from "./keys.ts";
import { joinLine } from "./line.ts";
import { type JobRow, refOf } from "./rows.ts";
import { addLane, findBound, findLane, type InsertJob, insertJob } from "./sql/enqueue.sql.ts";
import { jobByPk, jobByRef } from "./sql/job.sql.ts";
import type { KeyRow } from "./sql/keys.sql.ts";
import type { Step } from "./step.ts";

/** @param bound - `unbounded`: `maxSize` does not apply */
export function enqueue(step: Step, jobs: readonly NewJob[], bound: "bounded" | "unbounded"): readonly Receipt[] {
  if (jobs.length === 0) return [];
  step.tally.expect(jobs.length);
  const batch = new Batch(step);
  const receipts: Receipt[] = [];
  // Where one id was taken, more may be: the rest of the call is looked at job by job.
  let mayRun = true;
  while (receipts.length < jobs.length) {
    const job = jobs[receipts.length] as NewJob;
    const isPlain = mayRun && job.dedupe === null && (bound === "unbounded" || batch.maxSize(job.queue) === null);
    const run = isPlain ? runFrom(jobs, receipts.length) : [];
    if (isPlain && writeRun(step, run, { lane: batch.lane(job), runAt: firstRunAt(job, step.now) })) {
      for (const { queue, id } of run) receipts.push(accepted({ queue, id }, null));
    } else {
      if (isPlain) mayRun = false;
      receipts.push(enqueueOne(step, batch, job, bound));
    }
  }
  return receipts;
}

const accepted = (ref: JobRef, replaced: JobRef | null): Receipt => ({
  outcome: "accepted",
  ref,
  state: "waiting",
  replaced,
});

/** What the jobs of one call share: it is looked up once. */
class Batch {
  readonly #step: Step;
  readonly #lanes = new Map<string, number>();
  readonly #bounds = new Map<string, number | null>();

  constructor(step: Step) {
    this.#step = step;
  }

  lane(job: NewJob): number {
    const { queue, name, version } = job;
    const key = `${queue}:${name}:${version}`;
    const known = this.#lanes.get(key);
    if (known !== undefined) return known;
    const { db } = this.#step;
    const lane = db.get(findLane, { queue, name, version }) ?? db.get(addLane, { queue, name, version });
    const id = lane?.id ?? 0;
    this.#lanes.set(key, id);
    return id;
  }

  maxSize(queue: string): number | null {
    const known = this.#bounds.get(queue);
    if (known !== undefined) return known;
    const bound = this.#step.db.get(findBound, { queue })?.max_size ?? null;
    this.#bounds.set(queue, bound);
    return bound;
  }
}

function enqueueOne(step: Step, batch: Batch, job: NewJob, bound: "bounded" | "unbounded"): Receipt {
  const { queue, id, dedupe } = job;
  const ref: JobRef = { queue, id };
  const namesake = step.db.get(jobByRef, ref);
  if (namesake) return asNamesake(step, namesake, job);
  const holder = dedupe && holderOf(step, queue, dedupe.key);
  const replaced = holder && dedupe?.onConflict === "replace" ? waitingHolder(step, holder) : null;
  if (holder && !replaced) return asTwin(step, holder, job);
  const maxSize = bound === "bounded" ? batch.maxSize(queue) : null;
  if (maxSize !== null) {
    const depth = step.tally.valueOf(queue, "depth");
    if (depth - (replaced ? 1 : 0) >= maxSize) return { outcome: "full", ref, depth, maxSize };
  }
  if (replaced) replace(step, replaced);
  write(step, batch, job);
  return accepted(ref, replaced && refOf(replaced));
}

function asNamesake(step: Step, row: JobRow, { queue, id, name, payload }: NewJob): Receipt {
  const isSame = row.name === name && sameJson(row.payload, payload);
  const told = { ref: { queue, id }, state: stateOf(step, row) };
  return isSame ? { outcome: "duplicate", ...told, by: "id" } : { outcome: "conflict", ...told };
}

/** The job that holds the key, if it waits; one that was removed waits no more. */
function waitingHolder(step: Step, { pk }: KeyRow): JobRow | null {
  const row = step.db.get(jobByPk, { pk });
  return row && stateOf(step, row) === "waiting" ? row : null;
}

function asTwin(step: Step, holder: KeyRow, job: NewJob): Receipt {
  const row = step.db.get(jobByPk, { pk: holder.pk });
  const state = row ? stateOf(step, row) : (holder.gone ?? "completed");
  if (job.dedupe?.onConflict === "extend") {
    if (row && state === "waiting")
      changeJob(step, row, state, { kind: "reschedule", data: null, set: { run_at: firstRunAt(job, step.now) } });
    extendTimedKey(step, job.queue, job.dedupe.key);
  }
  return { outcome: "duplicate", ref: { queue: job.queue, id: holder.id }, state, by: "key" };
}

const replace = (step: Step, row: JobRow): JobRow =>
  changeJob(step, row, "waiting", {
    kind: "replace",
    data: null,
    set: { state: "cancelled", reason: "replaced", finished_at: step.now },
  });

const firstRunAt = ({ start }: NewJob, now: Instant): Instant =>
  "delayMs" in start ? now + start.delayMs : Math.max(now, start.at);

function write(step: Step, batch: Batch, job: NewJob): void {
  const row = insertable(step, batch, job);
  step.db.run(insertJob, row);
  step.blocks.cover(row.lane, row.pk, row.pk);
  joinLine(step, { ...row, attempt: 0, held_limit: null });
  if (row.dedupe_key !== null) {
    followState(step, row, "waiting");
    startTimedKey(step, row);
  }
  step.tally.add(job.queue, "depth", 1);
  step.touched.add(job.queue);
}

function insertable({ now, tally }: Step, batch: Batch, job: NewJob): InsertJob {
  const pk = tally.number();
  const run_at = firstRunAt(job, now);
  return {
    pk,
    queue: job.queue,
    id: job.id,
    lane: batch.lane(job),
    priority: job.priority,
    ord: run_at <= now ? pk : null,
    run_at,
    created_at: now,
    expires_at: job.expiresInMs === null ? null : now + job.expiresInMs,
    max_attempts: job.maxAttempts,
    timeout_ms: job.timeoutMs,
    on_lease_lost: job.onLeaseLost,
    ...keyColumns(job.dedupe),
    grp: job.group,
    tags: listText(job.tags),
    backoff: backoffText(job.backoff),
    parent: jsonText(job.parent),
    payload: job.payload,
  };
}

function keyColumns(dedupe: Dedupe | null): Pick<InsertJob, "dedupe_key" | "dedupe_while" | "dedupe_for_ms"> {
  if (dedupe === null) return { dedupe_key: null, dedupe_while: null, dedupe_for_ms: null };
  const { key } = dedupe;
  return typeof dedupe.while === "object"
    ? { dedupe_key: key, dedupe_while: "for", dedupe_for_ms: dedupe.while.forMs }
    : { dedupe_key: key, dedupe_while: dedupe.while, dedupe_for_ms: null };
}
