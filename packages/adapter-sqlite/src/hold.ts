/** A worker's hold on its jobs between claim and settle, and the list of holds that are over. */

import type { ExpiredSession, Extended, FencedEntry, Lease, SessionId } from "@jobyard/core/adapter";
import { factsOf } from "@jobyard/core/adapter";
import { changeJob, writeClaim } from "./change.ts";
import { Leases, pksOf } from "./leases.ts";
import { refOf } from "./rows.ts";
import { jobByRef, jobsByPk } from "./sql/job.sql.ts";
import { expiredSessions, leasesOf, moveDeadline } from "./sql/lease.sql.ts";
import { isPaused } from "./sql/queue.sql.ts";
import type { Step, View } from "./step.ts";

export function extend(step: Step, session: SessionId, leases: readonly Lease[], leaseMs: number): Extended {
  const { db, now } = step;
  db.run(moveDeadline, { session, deadline: now + leaseMs });
  const known = new Leases(step);
  const standing = leases.map((lease) => {
    const row = db.get(jobByRef, lease.ref);
    if (row === undefined || known.own(row, lease) === null) return "lost";
    return row.cancel_requested === 1 ? "cancel" : "held";
  });
  return { leases: standing, pausedQueues: pausedAmong(step, leases), now };
}

function pausedAmong({ db }: View, leases: readonly Lease[]): readonly string[] {
  const queues = new Set(leases.map(({ ref }) => ref.queue));
  return [...queues].filter((queue) => db.get(isPaused, { queue }) !== undefined).sort();
}

export function append(step: Step, entries: readonly FencedEntry[]): readonly boolean[] {
  const leases = new Leases(step);
  return entries.map(({ lease, kind, data }) => {
    const row = step.db.get(jobByRef, lease.ref);
    const holding = row && leases.own(row, lease);
    if (!row || !holding) return false;
    changeJob(step, writeClaim(step, row, holding), "active", {
      kind,
      data,
      set: kind === "progress" ? { progress: data } : {},
    });
    return true;
  });
}

/** Whole sessions, the longest over first, until `limit` jobs are reached. */
export function expired({ db, now }: View, limit: number): readonly ExpiredSession[] {
  const listed: ExpiredSession[] = [];
  let jobs = 0;
  for (const session of db.all(expiredSessions, { now, limit })) {
    if (jobs >= limit) break;
    const one: ExpiredSession = {
      session: session.id,
      alone: session.alone === 1,
      jobs: unsettled({ db, now }, session.id),
    };
    listed.push(one);
    jobs += one.jobs.length;
  }
  return listed;
}

function unsettled({ db }: View, session: SessionId): ExpiredSession["jobs"] {
  return db.all(leasesOf, { session }).flatMap((lease) =>
    db
      .all(jobsByPk, { pks: JSON.stringify(pksOf(lease)) })
      .filter(({ state }) => state === "waiting")
      .map((row) => ({
        lease: { ref: refOf(row), epoch: row.epoch, token: lease.token, session },
        facts: factsOf(row),
      })),
  );
}

export function retire({ db, now }: Step, session: SessionId): void {
  db.run(moveDeadline, { session, deadline: now });
}
