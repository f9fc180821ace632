/** Enqueue: jobs of one call are judged one after the other, each after what those before it wrote. */

import type { NewJob, Receipt } from "../../contract/adapter.ts";
import type { Instant, Job } from "../../nouns/job.ts";
import { sameJson } from "../../nouns/json.ts";
import { bringIn, change } from "./change.ts";
import { holderOf, startTimedKey } from "./keys.ts";
import { type Queue, queueOf, type Row, refOf, type Store, settingsOf } from "./store.ts";

export function enqueue(store: Store, jobs: readonly NewJob[]): readonly Receipt[] {
  const now = store.ports.now();
  return jobs.map((job) => enqueueOne(store, job, now, "bounded"));
}

/** @param bound - `unbounded`: `maxSize` does not apply */
export function enqueueOne(store: Store, job: NewJob, now: Instant, bound: "bounded" | "unbounded"): Receipt {
  const queue = queueOf(store, job.queue);
  const namesake = queue.rows.get(job.id);
  if (namesake) return asNamesake(namesake, job);
  const twin = job.dedupe && holderOf(queue, job.dedupe.key, now);
  const replaced = twin && job.dedupe?.onConflict === "replace" && isWaiting(queue, twin) ? twin : null;
  if (twin && !replaced) return asTwin(store, queue, twin, job, now);
  const depth = queue.depth - (replaced ? 1 : 0);
  const { maxSize } = settingsOf(queue);
  if (bound === "bounded" && maxSize !== null && depth >= maxSize)
    return { outcome: "full", ref: refOfNew(job), depth: queue.depth, maxSize };
  if (replaced) replace(store, replaced, now);
  write(store, queue, job, now);
  return { outcome: "accepted", ref: refOfNew(job), state: "waiting", replaced: replaced && refOf(replaced) };
}

const refOfNew = ({ queue, id }: NewJob): Receipt["ref"] => ({ queue, id });

/** A holder that was removed holds its timed key still, but waits no more. */
const isWaiting = (queue: Queue, row: Row): boolean =>
  row.job.state === "waiting" && queue.rows.get(row.job.id) === row;

function asNamesake({ job }: Row, asked: NewJob): Receipt {
  const ref = refOfNew(asked);
  const isSame = job.name === asked.name && sameJson(job.payload, asked.payload);
  return isSame
    ? { outcome: "duplicate", ref, state: job.state, by: "id" }
    : { outcome: "conflict", ref, state: job.state };
}

function asTwin(store: Store, queue: Queue, twin: Row, asked: NewJob, now: Instant): Receipt {
  if (asked.dedupe?.onConflict === "extend") {
    if (isWaiting(queue, twin))
      change(store, twin, now, { kind: "reschedule", data: null, set: { runAt: firstRunAt(asked, now) } });
    startTimedKey(queue, twin, now);
  }
  return { outcome: "duplicate", ref: refOf(twin), state: twin.job.state, by: "key" };
}

const replace = (store: Store, row: Row, now: Instant): void =>
  change(store, row, now, {
    kind: "replace",
    data: null,
    set: { state: "cancelled", reason: "replaced", finishedAt: now },
  });

const firstRunAt = ({ start }: NewJob, now: Instant): Instant =>
  "delayMs" in start ? now + start.delayMs : Math.max(now, start.at);

function write(store: Store, queue: Queue, asked: NewJob, now: Instant): void {
  store.lastNumber += 1;
  const row: Row = {
    job: newJob(asked, now),
    number: store.lastNumber,
    dedupe: asked.dedupe,
    order: null,
    enteredAt: now,
    events: [{ seq: 1, at: now, kind: "enqueue", data: null }],
    undo: null,
  };
  bringIn(store, row, now);
  startTimedKey(queue, row, now);
}

const newJob = (asked: NewJob, now: Instant): Job => ({
  queue: asked.queue,
  id: asked.id,
  name: asked.name,
  version: asked.version,
  state: "waiting",
  reason: null,
  payload: asked.payload,
  result: null,
  progress: null,
  priority: asked.priority,
  attempt: 0,
  maxAttempts: asked.maxAttempts,
  backoff: asked.backoff,
  timeoutMs: asked.timeoutMs,
  runAt: firstRunAt(asked, now),
  createdAt: now,
  startedAt: null,
  finishedAt: null,
  expiresAt: asked.expiresInMs === null ? null : now + asked.expiresInMs,
  leaseUntil: null,
  worker: null,
  errors: [],
  tags: asked.tags,
  group: asked.group,
  dedupeKey: asked.dedupe?.key ?? null,
  onLeaseLost: asked.onLeaseLost,
  parent: asked.parent,
  rescues: 0,
  heldLimit: null,
  cancelRequested: false,
  epoch: 0,
  seq: 1,
  lastOp: null,
});
