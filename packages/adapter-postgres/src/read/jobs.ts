/** Jobs by their address, and their events. */

import { claimData, type Holding, type Job, type JobEvent, type JobRef, parsed, toJob } from "@jobyard/core/adapter";
import type { Connection } from "../connection.ts";
import type { JobRow } from "../rows.ts";
import { type EventsRow, eventsAfter, jobsByRefs, queuesOfId } from "../sql/read.sql.ts";
import type { View } from "../step.ts";
import { holdingsOfRows } from "./holdings.ts";

/** A job and, if it is active, its lease. */
export interface FoundJob {
  readonly row: JobRow;
  readonly holding: Holding | null;
}

export async function get(view: View, refs: readonly JobRef[]): Promise<readonly (Job | null)[]> {
  const found = await findJobs(view, refs);
  return found.map((one) => one && toJob(one.row, one.holding));
}

export async function findJob(view: View, ref: JobRef): Promise<FoundJob | null> {
  const [found] = await findJobs(view, [ref]);
  return found ?? null;
}

/** In the order of the addresses. */
async function findJobs(view: View, refs: readonly JobRef[]): Promise<readonly (FoundJob | null)[]> {
  if (refs.length === 0) return [];
  const addresses = { queues: refs.map(({ queue }) => queue), ids: refs.map(({ id }) => id) };
  const rows = await view.db.all(jobsByRefs, addresses);
  const held = await holdingsOfRows(view, rows);
  const byPlace = new Map(rows.map((row) => [row.place, row]));
  return refs.map((_, index) => {
    const row = byPlace.get(index + 1);
    if (row === undefined) return null;
    return { row, holding: row.state === "waiting" ? (held.get(row.pk) ?? null) : null };
  });
}

export async function locate({ db }: View, id: string): Promise<readonly JobRef[]> {
  return (await db.all(queuesOfId, { id })).map(({ queue }) => ({ queue, id }));
}

export async function events(
  db: Connection,
  { queue, id }: JobRef,
  after: number,
  limit: number,
): Promise<readonly JobEvent[] | null> {
  const row = await db.get(eventsAfter, { queue, id, after, limit });
  if (row === undefined) return null;
  const written = parsed<readonly JobEvent[]>(row.written) ?? [];
  const made = happyPath(row).filter(({ seq }) => seq > after);
  return [...written, ...made].sort((a, b) => a.seq - b.seq).slice(0, limit);
}

/** The events that have no rows of their own. */
function happyPath(row: EventsRow): readonly JobEvent[] {
  const enqueued: JobEvent = { seq: 1, at: row.created_at, kind: "enqueue", data: null };
  if (row.state === "completed") return [enqueued, ...completion(row)];
  const { session, claimed_at: at, claim_written, seq, attempt } = row;
  if (session === null || at === null || claim_written) return [enqueued];
  return [enqueued, { seq: seq + 1, at, kind: "claim", data: claimData(session, attempt + 1) }];
}

/** Claim and completion of a job that was not moved since, unless its claim had to be written. */
function completion(row: EventsRow): readonly JobEvent[] {
  const { seq, started_at, finished_at, worker, attempt } = row;
  if (row.has_last || started_at === null || finished_at === null) return [];
  const complete: JobEvent = { seq, at: finished_at, kind: "complete", data: null };
  if (row.has_second_last) return [complete];
  return [{ seq: seq - 1, at: started_at, kind: "claim", data: claimData(worker ?? "", attempt) }, complete];
}
