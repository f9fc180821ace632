/** Dedupe keys: at most one holder per queue and key, whatever verb brings a job to where it would hold one. */

import { holdsKey, type State } from "@jobyard/core/adapter";
import type { JobRow } from "./rows.ts";
import { extendKey, findKey, freeKey, type KeyRow, markGone, takeKey } from "./sql/keys.sql.ts";
import type { Step, View } from "./step.ts";

type Keyed = Pick<JobRow, "pk" | "queue" | "id" | "dedupe_key" | "dedupe_while" | "dedupe_for_ms">;

/** Who holds the key now; with a `{forMs}` key possibly a job that is gone. */
export const holderOf = ({ db, now }: View, queue: string, key: string): KeyRow | null =>
  db.get(findKey, { queue, key, now }) ?? null;

/** The holder of this job's key, if it is another job. */
export function otherHolder(view: View, job: Keyed): KeyRow | null {
  const holder = job.dedupe_key === null ? null : holderOf(view, job.queue, job.dedupe_key);
  return holder?.pk === job.pk ? null : holder;
}

/** Takes or frees the key as the job's new state says. */
export function followState(step: Step, job: Keyed, state: State): void {
  const { pk, queue, id, dedupe_key: key } = job;
  if (key === null || job.dedupe_while === "for") return;
  if (holdsKey(job.dedupe_while, state)) step.db.run(takeKey, { queue, key, pk, id, until: null, for_ms: null });
  else step.db.run(freeKey, { queue, key, pk });
}

/** Starts the time of a `{forMs}` key. */
export function startTimedKey({ db, now }: Step, job: Keyed): void {
  const { pk, queue, id, dedupe_key: key, dedupe_for_ms: for_ms } = job;
  if (key !== null && for_ms !== null) db.run(takeKey, { queue, key, pk, id, until: now + for_ms, for_ms });
}

/** Starts it anew. A key that is bound to a state has no time. */
export const extendTimedKey = ({ db, now }: Step, queue: string, key: string): number =>
  db.run(extendKey, { queue, key, now });

/** The job leaves the store: a timed key remembers the state it had, any other is free. */
export function leaveKey({ db }: Step, job: Keyed, state: State): void {
  const { pk, queue, dedupe_key: key } = job;
  if (key === null) return;
  if (job.dedupe_while === "for") db.run(markGone, { queue, key, pk, gone: state });
  else db.run(freeKey, { queue, key, pk });
}

/** The job is back from the trash. */
export function returnKey(step: Step, job: Keyed, state: State): void {
  const { pk, queue, dedupe_key: key } = job;
  if (key === null) return;
  if (job.dedupe_while === "for") step.db.run(markGone, { queue, key, pk, gone: null });
  else followState(step, job, state);
}
