/** The parts of a worker while it works: makes them, wires them, starts them. Each is described in its own file. */

import { type Claimer, createClaimer } from "./claim/claimer.ts";
import { createExclusive } from "./claim/exclusive.ts";
import { createOrphans } from "./claim/orphans.ts";
import { type HeartbeatParts, runHeartbeat } from "./keep/heartbeat.ts";
import { createRegistry } from "./keep/registry.ts";
import { rescue } from "./keep/rescuer.ts";
import { openHoldQueues } from "./keep/restart.ts";
import { createRetention, expireOverdue, readQueueSizes } from "./keep/sweeper.ts";
import { Line } from "./line.ts";
import { createPump, type Pump } from "./pump.ts";
import { repeat } from "./retry.ts";
import { createEntryWriter, leaseLost } from "./run/entry-writer.ts";
import { createRunner, type Runner } from "./run/runner.ts";
import { createSettler } from "./run/settler.ts";
import type { Shift } from "./shift.ts";
import { stopCrew } from "./stop-crew.ts";
import { abortError, type Turn } from "./turn.ts";

export interface Crew {
  readonly running: number;
  /** Resolves once every queue is served. */
  readonly ready: Promise<void>;
  /** Resolves when nothing is left to do now, hooks included. */
  drained(): Promise<void>;
  /** @param graceOver - aborts at the end of the grace */
  stop(graceOver: AbortSignal): Promise<void>;
}

/** @throws what the store throws at the first contact */
export async function startCrew(shift: Shift): Promise<Crew> {
  const { adapter, clock, settings } = shift;
  const lines = settings.queues.map((queue) => new Line(queue));
  clock.contact(await adapter.reader.now());
  await readQueueSizes(shift, lines);
  const registry = createRegistry(shift, lines);
  await registry.refresh();

  const settler = createSettler(shift);
  const exclusive = createExclusive(shift, () => claimer.refill());
  const pump = createPump(shift, {
    lines,
    start: (turn) => runner.start(turn),
    finish: (turn, outcome) => runner.finish(turn, outcome),
    onPumped: () => claimer.refill(),
  });
  const runner: Runner = createRunner(shift, {
    settler,
    entries: createEntryWriter(shift),
    onFree: () => pump.onFree(),
    onSettled: () => {
      if (shift.held.size === 0) claimer.refill();
    },
  });
  const claimer: Claimer = createClaimer(shift, {
    lines,
    settler,
    exclusive,
    orphans: createOrphans(shift),
    onTurns: (turns) => pump.take(turns),
  });

  const ending = new AbortController();
  const refresh = async (): Promise<void> => {
    giveBackStalled(shift, lines, pump);
    await Promise.all([registry.refresh(), exclusive.refresh()]);
  };
  const ready = openHoldQueues(shift, lines, ending.signal, () => claimer.refill());
  const loops = Promise.all([
    ready,
    runHeartbeat(shift, { ...answersFor(pump), refresh }, ending.signal),
    ...housekeeping(shift, lines, ending.signal),
  ]);
  claimer.refill();

  let stopped: Promise<void> | null = null;
  return {
    get running() {
      return pump.running;
    },
    ready,
    drained: async () => {
      await ready;
      await claimer.drained();
    },
    stop: (graceOver) => {
      const endLoops = (): void => ending.abort();
      stopped ??= stopCrew(shift, { claimer, exclusive, pump, registry, runner, settler, endLoops, loops }, graceOver);
      return stopped;
    },
  };
}

/** What the store's answers to a heartbeat mean for jobs that run, and for jobs that have not started. */
const answersFor = (pump: Pump): Omit<HeartbeatParts, "refresh"> => ({
  onCancelled: (turn) => {
    if (turn.stage === "running") turn.abort("cancelled", abortError("The job was cancelled."));
    else pump.giveBack({ kind: "cancelled", by: "user", failure: null }, is(turn));
  },
  onLost: (turn) => {
    // Its own commit ended the lease, or a rollback did and the handler knows.
    if (turn.completedInTx !== null) return;
    if (turn.stage === "running") turn.abort("lost", leaseLost(turn));
    else pump.giveBack({ kind: "lost" }, is(turn));
  },
  onPaused: (queues) => pump.giveBack({ kind: "unstarted" }, ({ line }) => queues.includes(line.queue)),
});

/** What was claimed ahead and cannot start goes to whoever has free slots. */
function giveBackStalled({ settings }: Shift, lines: readonly Line[], pump: Pump): void {
  const stalled = lines.filter((line) => line.isStalled(settings.leaseMs / 3));
  if (stalled.length > 0) pump.giveBack({ kind: "unstarted" }, ({ line }) => stalled.includes(line));
}

const is =
  (turn: Turn) =>
  (other: Turn): boolean =>
    other === turn;

const housekeeping = (shift: Shift, lines: readonly Line[], signal: AbortSignal): readonly Promise<void>[] => {
  const { ports, report, settings } = shift;
  return [
    repeat({ ports, signal, everyMs: settings.sweepMs, doing: "sweep", report }, async () => {
      await rescue(shift);
      await expireOverdue(shift, signal);
    }),
    repeat(
      { ports, signal, everyMs: settings.sweepMs, doing: "retention", report },
      createRetention(shift, lines, signal),
    ),
  ];
};
