/**
 * One call per process every third of a lease, for everything that is held. What it answers is passed on: jobs that
 * were cancelled or lost, queues that were paused. If no renewal arrives in time, everything held is over before the
 * store may give it to others.
 */

import type { Extended } from "../../../contract/adapter.ts";
import type { Shift } from "../shift.ts";
import type { Turn } from "../turn.ts";

export interface HeartbeatParts {
  readonly onCancelled: (turn: Turn) => void;
  readonly onLost: (turn: Turn) => void;
  readonly onPaused: (queues: readonly string[]) => void;
  /** Besides the leases: registry, reservations. */
  readonly refresh: () => Promise<void>;
}

/** A half-open connection may swallow calls; that many are tried at once. */
const MAX_IN_FLIGHT = 3;
/** After a failure the next try comes after this share of a lease. */
const HURRY = 1 / 12;

/** Runs until the signal aborts and the last call is back. */
export async function runHeartbeat(shift: Shift, parts: HeartbeatParts, signal: AbortSignal): Promise<void> {
  const { clock, held, ports, report, settings } = shift;
  const inFlight = new Set<Promise<void>>();
  let failing = false;
  let lostUntil = Number.NEGATIVE_INFINITY;

  const beat = async (): Promise<void> => {
    try {
      if (held.size > 0) await extend(shift, parts);
      failing = false;
      // What has ended must not make itself known again.
      if (!signal.aborted) await parts.refresh();
    } catch (error) {
      failing = true;
      report(error, "heartbeat");
    }
  };

  const send = (): void => {
    const sent = beat().then(() => void inFlight.delete(sent));
    inFlight.add(sent);
  };

  /** Once per lease that ended. */
  const checkLease = (): void => {
    if (held.size === 0 || ports.monotonic() < clock.validUntil || lostUntil === clock.validUntil) return;
    lostUntil = clock.validUntil;
    for (const turn of [...held]) parts.onLost(turn);
  };

  while (!signal.aborted) {
    const untilBeat = settings.leaseMs * (failing ? HURRY : 1 / 3);
    const untilOver = clock.validUntil - ports.monotonic();
    await ports.sleep(held.size > 0 && untilOver > 0 ? Math.min(untilBeat, untilOver) : untilBeat, signal);
    if (signal.aborted) break;
    checkLease();
    if (inFlight.size < MAX_IN_FLIGHT) send();
  }
  await Promise.all(inFlight);
}

async function extend({ adapter, clock, held, ports, session, settings }: Shift, parts: HeartbeatParts): Promise<void> {
  const turns = [...held];
  const sentAt = ports.monotonic();
  const leases = turns.map(({ leased }) => leased.lease);
  const extended: Extended = await adapter.leaser.extend(session, leases, settings.leaseMs);
  clock.contact(extended.now);
  clock.renewed(sentAt);
  for (const [index, turn] of turns.entries()) {
    if (extended.leases[index] === "lost") parts.onLost(turn);
    else if (extended.leases[index] === "cancel") parts.onCancelled(turn);
  }
  if (extended.pausedQueues.length > 0) parts.onPaused(extended.pausedQueues);
}
