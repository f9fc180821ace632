/** Jobs by their address, and their events. */

import { claimData, type Holding, type Job, type JobEvent, type JobRef, toJob } from "@jobyard/core/adapter";
import { stateOf } from "../change.ts";
import { holdingFor, holdings } from "../leases.ts";
import type { JobRow } from "../rows.ts";
import { eventsAfter, hasEvent } from "../sql/event.sql.ts";
import { jobByRef } from "../sql/job.sql.ts";
import { queuesOfId } from "../sql/read.sql.ts";
import type { View } from "../step.ts";

/** So many leases are looked for one by one; for more of them all are read once. */
const FEW = 10;

export function get(view: View, refs: readonly JobRef[]): readonly (Job | null)[] {
  const rows = refs.map((ref) => view.db.get(jobByRef, ref));
  const active = rows.filter((row) => row !== undefined && isActive(view, row));
  const held = active.length > FEW ? holdings(view) : null;
  return rows.map((row) => {
    if (row === undefined) return null;
    if (!active.includes(row)) return toJob(row, null);
    return toJob(row, held ? (held.get(row.pk) ?? null) : holdingFor(view, row));
  });
}

export const locate = ({ db }: View, id: string): readonly JobRef[] =>
  db.all(queuesOfId, { id }).map(({ queue }) => ({ queue, id }));

/** The lease of an active job. */
export const holdingOf = (view: View, row: JobRow): Holding | null =>
  isActive(view, row) ? holdingFor(view, row) : null;

const isActive = (view: View, row: JobRow): boolean => stateOf(view, row) === "active";

export function events(view: View, ref: JobRef, after: number, limit: number): readonly JobEvent[] | null {
  const row = view.db.get(jobByRef, ref);
  if (row === undefined) return null;
  const written = view.db.all(eventsAfter, { pk: row.pk, after, limit });
  const made = happyPath(view, row).filter(({ seq }) => seq > after);
  return [...written, ...made].sort((a, b) => a.seq - b.seq).slice(0, limit);
}

/** The events that have no rows of their own. */
function happyPath(view: View, row: JobRow): readonly JobEvent[] {
  const made: JobEvent[] = [{ seq: 1, at: row.created_at, kind: "enqueue", data: null }];
  const holding = holdingOf(view, row);
  if (holding && row.claim_written === 0)
    made.push({
      seq: row.seq + 1,
      at: holding.claimedAt,
      kind: "claim",
      data: claimData(holding.session, row.attempt + 1),
    });
  return row.state === "completed" ? [...made, ...completion(view, row)] : made;
}

/** Claim and completion of a job that was not moved since, unless its claim had to be written. */
export function completion({ db }: View, row: JobRow): readonly JobEvent[] {
  const { pk, seq, started_at, finished_at, worker, attempt } = row;
  const isWritten = (number: number): boolean => db.get(hasEvent, { pk, seq: number }) !== undefined;
  if (isWritten(seq) || started_at === null || finished_at === null) return [];
  const complete: JobEvent = { seq, at: finished_at, kind: "complete", data: null };
  if (isWritten(seq - 1)) return [complete];
  return [{ seq: seq - 1, at: started_at, kind: "claim", data: claimData(worker ?? "", attempt) }, complete];
}
