/**
 * Who serves a queue with `onRestart: "hold"`, as one record per queue. It tells a restart from one worker among
 * others that comes or goes, and which dead sessions' jobs are to be held when they are rescued.
 */

import type { Adapter, ExpiredSession } from "../../../contract/adapter.ts";

export const RESTART_KIND = "restart";

export interface RestartDoc {
  /** Sessions that have begun to serve the queue; whether they live is told by the registry. */
  readonly serving: readonly string[];
  /** The session that is putting aside what its restart found, until it has done so. */
  readonly parking: string | null;
  /** Sessions that were dead when the queue was last begun: what they held is held for a person. */
  readonly dead: readonly string[];
}

export interface RestartRecord {
  readonly doc: RestartDoc;
  /** 0: there is none. */
  readonly version: number;
}

export async function readRestart(adapter: Adapter, queue: string): Promise<RestartRecord> {
  const record = await adapter.records.get(RESTART_KIND, queue);
  if (record === null) return { doc: { serving: [], parking: null, dead: [] }, version: 0 };
  return { doc: JSON.parse(record.doc) as RestartDoc, version: record.version };
}

/** Queues in which the jobs of this session are to be held: a restart found the session dead. */
export async function restartedSessions(
  adapter: Adapter,
  { session, jobs }: ExpiredSession,
): Promise<ReadonlySet<string>> {
  const held = new Set<string>();
  for (const queue of new Set(jobs.map(({ lease }) => lease.ref.queue)))
    if ((await readRestart(adapter, queue)).doc.dead.includes(session)) held.add(queue);
  return held;
}
