/** A worker's hold on its jobs between claim and settle, and the list of holds that are over. */

import type {
  DecisionFacts,
  ExpiredSession,
  Extended,
  FencedEntry,
  Instant,
  Lease,
  SessionId,
} from "@jobyard/core/adapter";
import { factsIn, foreignFactsIn } from "./facts.ts";
import { appendScript, expiredScript, extendScript, retireScript } from "./lua/lease.lua.ts";
import { abandonedScript } from "./lua/stock.lua.ts";
import type { Fleet } from "./options.ts";
import { type Packable, packed } from "./packed.ts";
import type { Scripts } from "./scripts.ts";

/** With BullMQ the loss of a worker is no failed attempt: unless it is told otherwise, a job may be lost once. */
const FOREIGN_STARTS = 2;

const packedLease = ({ ref, token, epoch }: Lease): readonly Packable[] => [ref.queue, ref.id, token, epoch];

export async function extend(
  store: Scripts,
  session: SessionId,
  leases: readonly Lease[],
  leaseMs: number,
): Promise<Extended> {
  const ask = packed({ session, leaseMs, leases: leases.map(packedLease) });
  const [now, paused, standing] = (await store.run(extendScript, ask)) as ExtendAnswer;
  return { leases: standing, pausedQueues: paused.toSorted(), now };
}

type ExtendAnswer = readonly [now: Instant, paused: readonly string[], standing: Extended["leases"]];

export async function append(store: Scripts, entries: readonly FencedEntry[]): Promise<readonly boolean[]> {
  if (entries.length === 0) return [];
  const rows = entries.map(({ lease, kind, data }) => [...packedLease(lease), kind, data]);
  const written = (await store.run(appendScript, packed(rows))) as readonly number[];
  return written.map((one) => one === 1);
}

/** Beside BullMQ's workers (`fleet`) also what those hold who are gone, each as a session of its own. */
export async function expired(store: Scripts, limit: number, fleet: Fleet = "own"): Promise<readonly ExpiredSession[]> {
  const sessions = (await store.run(expiredScript, limit)) as readonly ExpiredRow[];
  const ours = sessions.map(([session, alone, jobs]) => expiredSession(session, alone === 1, jobs));
  if (fleet === "own") return ours;
  const workers = (await store.run(abandonedScript, limit)) as readonly AbandonedRow[];
  // Nobody knows how many they held: each job is charged for itself, and none is held back for workers of ours.
  return [...ours, ...workers.map(([worker, jobs]) => expiredSession(`bullmq:${worker}`, true, jobs))];
}

type AbandonedRow = readonly [worker: string, jobs: readonly LeaseRow[]];

const expiredSession = (session: SessionId, alone: boolean, jobs: readonly LeaseRow[]): ExpiredSession => ({
  ...{ session, alone },
  jobs: jobs.map((row) => ({ lease: leaseIn(session, row), facts: factsOf(row) })),
});

type ExpiredRow = readonly [session: SessionId, alone: 0 | 1, jobs: readonly LeaseRow[]];
type LeaseRow = readonly [
  queue: string,
  id: string,
  token: string,
  epoch: number,
  attempt: number,
  facts: string | null,
  foreignOpts: string | null,
  cancelRequested: 0 | 1,
  heldLimit: string | null,
];

const leaseIn = (session: SessionId, [queue, id, token, epoch]: LeaseRow): Lease => ({
  ref: { queue, id },
  epoch,
  token,
  session,
});

function factsOf([, , , , attempt, facts, foreignOpts, cancelRequested, heldLimit]: LeaseRow): DecisionFacts {
  const isForeign = foreignOpts !== null;
  const { maxAttempts, backoff, onLeaseLost } = isForeign ? foreignFactsIn(foreignOpts) : factsIn(facts);
  return {
    ...{ attempt, backoff, onLeaseLost },
    maxAttempts: isForeign ? Math.max(maxAttempts, FOREIGN_STARTS) : maxAttempts,
    cancelRequested: cancelRequested === 1,
    heldLimit: heldLimit === null ? null : Number(heldLimit),
  };
}

export async function retire(store: Scripts, session: SessionId): Promise<void> {
  await store.run(retireScript, session);
}
