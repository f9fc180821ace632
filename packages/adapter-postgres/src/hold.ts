/**
 * A worker's hold on its jobs between claim and settle, and the list of holds that are over.
 *
 * Round trips, whatever the number of leases: `extend`, `expired` and `retire` one, `append` two and its transaction.
 */

import type { ExpiredSession, Extended, FencedEntry, Lease, SessionId } from "@jobyard/core/adapter";
import { factsOf } from "@jobyard/core/adapter";
import { Changes } from "./changes.ts";
import type { Connection } from "./connection.ts";
import { Leases } from "./leases.ts";
import { lockUnderLease, stateUnderLease } from "./locks.ts";
import { type ExpiredRow, expiredJobs, extendSession, retireSession } from "./sql/hold.sql.ts";
import type { Call, Step } from "./step.ts";

export async function extend(
  { db }: Pick<Call, "db">,
  session: SessionId,
  leases: readonly Lease[],
  leaseMs: number,
): Promise<Extended> {
  const asked = leases.map(({ session: owner, token, ref, epoch }) => ({
    session: owner,
    token,
    queue: ref.queue,
    id: ref.id,
    epoch,
  }));
  const row = await db.get(extendSession, { session, leases: JSON.stringify(asked), lease_ms: leaseMs });
  if (row === undefined) throw new TypeError("extend_session answered with no row");
  const told = JSON.parse(row.answer) as ToldExtended;
  return { leases: told.leases ?? [], pausedQueues: told.paused ?? [], now: told.now };
}

interface ToldExtended {
  readonly leases: Extended["leases"] | null;
  readonly paused: readonly string[] | null;
  readonly now: number;
}

export async function append(step: Step, entries: readonly FencedEntry[]): Promise<readonly boolean[]> {
  if (entries.length === 0) return [];
  const locked = await lockUnderLease(
    step.db,
    entries.map(({ lease }) => lease),
    [],
    { sessions: false, leases: false },
  );
  const changes = new Changes(step, locked, stateUnderLease);
  const leases = new Leases(locked.leases);
  const written = entries.map(({ lease, kind, data }) => {
    const known = changes.find(lease.ref);
    const holding = known && leases.own(known.job, lease);
    if (!known || !holding) return false;
    const set = kind === "progress" ? { progress: data } : {};
    changes.change(changes.writeClaim(known, holding), { kind, data, set });
    return true;
  });
  await changes.write();
  return written;
}

/** Whole sessions, the longest over first, until `limit` jobs are reached. */
export async function expired(db: Connection, limit: number): Promise<readonly ExpiredSession[]> {
  const rows = await db.all(expiredJobs, { limit });
  return [...Map.groupBy(rows, ({ session }) => session)].map(([session, jobs]) => ({
    session,
    alone: jobs[0]?.alone === true,
    jobs: jobs.map(unsettled),
  }));
}

const unsettled = (row: ExpiredRow): ExpiredSession["jobs"][number] => ({
  lease: {
    ref: { queue: row.queue, id: row.id },
    epoch: row.epoch,
    token: row.token,
    session: row.session,
  },
  facts: factsOf(row),
});

export async function retire({ db }: Pick<Call, "db">, session: SessionId): Promise<void> {
  await db.run(retireSession, { session });
}
