/** Jobs by their address, and their events. */

import { claimData, type Job, type JobEvent, type JobRef } from "@jobyard/core/adapter";
import { type Holding, type JobRow, toJob } from "../rows.ts";
import { eventsAfter, jobsByRefs, lastEvents, queuesOfId } from "../sql/read.sql.ts";
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
  view: View,
  ref: JobRef,
  after: number,
  limit: number,
): Promise<readonly JobEvent[] | null> {
  const found = await findJob(view, ref);
  if (found === null) return null;
  const written = await view.db.all(eventsAfter, { pk: found.row.pk, after, limit });
  const made = (await happyPath(view, found)).filter(({ seq }) => seq > after);
  return [...written, ...made].sort((a, b) => a.seq - b.seq).slice(0, limit);
}

/** The events that have no rows of their own. */
async function happyPath(view: View, { row, holding }: FoundJob): Promise<readonly JobEvent[]> {
  const enqueued: JobEvent = { seq: 1, at: row.created_at, kind: "enqueue", data: null };
  if (row.state === "completed") return [enqueued, ...(await completion(view, row))];
  if (holding === null || row.claim_written) return [enqueued];
  const data = claimData(holding.session, row.attempt + 1);
  return [enqueued, { seq: row.seq + 1, at: holding.claimedAt, kind: "claim", data }];
}

/** Claim and completion of a job that was not moved since, unless its claim had to be written. */
async function completion({ db }: View, row: JobRow): Promise<readonly JobEvent[]> {
  const { pk, seq, started_at, finished_at, worker, attempt } = row;
  const written = (await db.all(lastEvents, { pk, seq })).map((event) => event.seq);
  if (written.includes(seq) || started_at === null || finished_at === null) return [];
  const complete: JobEvent = { seq, at: finished_at, kind: "complete", data: null };
  if (written.includes(seq - 1)) return [complete];
  return [{ seq: seq - 1, at: started_at, kind: "claim", data: claimData(worker ?? "", attempt) }, complete];
}
