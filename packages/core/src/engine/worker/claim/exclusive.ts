/**
 * Whose turn it is to take jobs that shared a crash. Such jobs are claimed only by a session that holds nothing;
 * a busy one never does. So when they have waited for one lease, one session per queue (a record with
 * compare-and-set) claims nothing more until it is empty, and then takes them.
 */

import type { Claim } from "../../../contract/adapter.ts";
import type { Shift } from "../shift.ts";

const KIND = "exclusive";

export interface Exclusive {
  /** The queue that this session empties itself for. */
  readonly reserved: string | null;
  /** A claim told of jobs that wait for this. */
  note(held: Claim["held"]): void;
  /** Keeps the record alive; called at every heartbeat. */
  refresh(): Promise<void>;
  /** The batch was claimed, or there was none any more. */
  release(): Promise<void>;
}

/** @param onReserved - called when a queue was reserved */
export function createExclusive(shift: Shift, onReserved: () => void): Exclusive {
  const { adapter, clock, ports, session, settings, report } = shift;
  const doc = JSON.stringify({ session });
  let reserved: { readonly queue: string; version: number } | null = null;
  let trying = false;
  let tryAgainAt = Number.NEGATIVE_INFINITY;

  /** The first of them that no other session has reserved. */
  const reserve = async (queues: readonly string[]): Promise<void> => {
    trying = true;
    try {
      for (const queue of queues) {
        const version = await adapter.records.put(KIND, queue, doc, { ifVersion: 0, ttlMs: settings.leaseMs });
        if (version === null) continue;
        reserved = { queue, version };
        break;
      }
    } catch (error) {
      report(error, "exclusive");
    }
    trying = false;
    tryAgainAt = ports.monotonic() + settings.leaseMs / 3;
    if (reserved !== null) onReserved();
  };

  return {
    get reserved() {
      return reserved?.queue ?? null;
    },
    note: (held) => {
      if (trying || reserved !== null || ports.monotonic() < tryAgainAt) return;
      const now = clock.serverNow();
      const overdue = held.filter(({ since }) => now - since >= settings.leaseMs).sort((a, b) => a.since - b.since);
      if (overdue.length > 0) void reserve(overdue.map(({ queue }) => queue));
    },
    refresh: async () => {
      const mine = reserved;
      if (mine === null) return;
      const { queue, version: ifVersion } = mine;
      const version = await adapter.records.put(KIND, queue, doc, { ifVersion, ttlMs: settings.leaseMs });
      // Expired and taken by another session: then it is that one's turn.
      if (version === null) reserved = reserved === mine ? null : reserved;
      else mine.version = version;
    },
    release: async () => {
      const mine = reserved;
      reserved = null;
      if (mine === null) return;
      await adapter.records.remove(KIND, mine.queue).catch((error: unknown) => report(error, "exclusive"));
    },
  };
}
