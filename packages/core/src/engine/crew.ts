/** The parts of a worker while it works: wires them, starts them, and takes them apart again in good order. */

import type { Outcome } from "../decisions/decide.ts";
import { type Claimer, createClaimer } from "./claimer.ts";
import { createEntryWriter, leaseLost } from "./entry-writer.ts";
import { createExclusive } from "./exclusive.ts";
import { runHeartbeat } from "./heartbeat.ts";
import { Line } from "./line.ts";
import { createOrphans } from "./orphans.ts";
import { createRegistry } from "./registry.ts";
import { rescue } from "./rescuer.ts";
import { beginHoldQueue } from "./restart.ts";
import { repeat, storeRetryMs } from "./retry.ts";
import { createRunner } from "./runner.ts";
import { createSettler } from "./settler.ts";
import type { Shift } from "./shift.ts";
import { applyQueueSettings, expireOverdue, readQueueSizes } from "./sweeper.ts";
import type { Turn } from "./turn.ts";

export interface Crew {
  readonly running: number;
  /** Resolves once every queue is served. */
  readonly ready: Promise<void>;
  drained(): Promise<void>;
  stop(graceMs: number): Promise<void>;
}

/** Retention is looked at that often. */
const RETENTION_EVERY_MS = 60_000;

/** @throws what the store throws at the first contact */
export async function startCrew(shift: Shift): Promise<Crew> {
  const { adapter, clock, held, hooks, ports, report, settings } = shift;
  clock.contact(await adapter.reader.now());
  const lines = settings.queues.map((queue) => new Line(queue));
  await readQueueSizes(shift, lines);
  const registry = createRegistry(shift, lines);
  await registry.refresh();

  const ending = new AbortController();
  const { signal } = ending;
  const settler = createSettler(shift);
  const entries = createEntryWriter(shift);
  const exclusive = createExclusive(shift, () => claimer.refill());
  let isStopping = false;
  let isPumping = false;
  let allFree: (() => void) | null = null;

  const running = (): number => lines.reduce((sum, line) => sum + line.running, 0);

  const runner = createRunner(shift, {
    settler,
    entries,
    onFree: () => {
      if (isStopping && running() === 0) allFree?.();
      if (isPumping) return;
      isPumping = true;
      process.nextTick(pump);
    },
    onSettled: () => {
      if (held.size === 0) claimer.refill();
    },
  });

  const pump = (): void => {
    isPumping = false;
    for (const line of lines) pumpLine(line);
    claimer.refill();
  };

  const pumpLine = (line: Line): void => {
    for (let turn = isStopping ? null : line.next(); turn !== null; turn = line.next()) {
      const { expiresAt } = turn.leased;
      if (expiresAt !== null && clock.serverNow() >= expiresAt) runner.finish(turn, { kind: "expired" });
      else runner.start(turn);
    }
  };

  const giveBack = (line: Line, outcome: Outcome, fits: (turn: Turn) => boolean = () => true): void => {
    for (const turn of line.withdraw(fits)) runner.finish(turn, outcome);
  };

  const claimer: Claimer = createClaimer(shift, {
    lines,
    settler,
    exclusive,
    orphans: createOrphans(shift),
    onTurns: (turns) => {
      for (const turn of turns) turn.line.add(turn);
      if (isStopping) for (const line of lines) giveBack(line, { kind: "unstarted" });
      else for (const line of lines) pumpLine(line);
    },
  });

  const heartbeat = runHeartbeat(
    shift,
    {
      onCancelled: (turn) => {
        if (turn.stage === "running") turn.abort("cancelled", abortError("The job was cancelled."));
        else giveBack(turn.line, { kind: "cancelled", by: "user", failure: null }, (one) => one === turn);
      },
      onLost: (turn) => {
        if (turn.stage === "running") turn.abort("lost", leaseLost(turn));
        else giveBack(turn.line, { kind: "lost" }, (one) => one === turn);
      },
      onPaused: (queues) => {
        for (const line of lines) if (queues.includes(line.queue)) giveBack(line, { kind: "unstarted" });
      },
      refresh: async () => {
        await Promise.all([registry.refresh(), exclusive.refresh()]);
      },
    },
    signal,
  );
  const sweep = repeat({ ports, signal, everyMs: settings.sweepMs, doing: "sweep", report }, async () => {
    await rescue(shift);
    await expireOverdue(shift);
  });
  const retention = repeat({ ports, signal, everyMs: RETENTION_EVERY_MS, doing: "retention", report }, () =>
    applyQueueSettings(shift, lines),
  );

  const begin = async (line: Line): Promise<void> => {
    for (let failures = 1; !signal.aborted; failures++) {
      try {
        await beginHoldQueue(shift, line.queue, signal);
        line.open = true;
        return claimer.refill();
      } catch (error) {
        report(error, "restart");
        await ports.sleep(storeRetryMs(failures, ports), signal);
      }
    }
  };
  const ready = Promise.all(lines.filter((line) => !line.open).map(begin)).then(() => {});
  claimer.refill();

  const finishAll = async (graceMs: number): Promise<void> => {
    const done = new AbortController();
    const free = new Promise<void>((resolve) => {
      allFree = resolve;
      if (running() === 0) resolve();
    });
    await Promise.race([free, ports.sleep(graceMs, done.signal)]);
    done.abort();
    const unfinished = [...held].filter((turn) => turn.stage === "running");
    for (const turn of unfinished) turn.abort("stopping", abortError("The worker is stopping."));
    // Handlers that heed their signal end here by themselves, and say how.
    await new Promise((resolve) => setImmediate(resolve));
    for (const turn of unfinished) runner.finish(turn, { kind: "aborted" });
  };

  const stop = async (graceMs: number): Promise<void> => {
    isStopping = true;
    const claims = claimer.stop();
    for (const line of lines) giveBack(line, { kind: "unstarted" });
    await finishAll(graceMs);
    const limit = new AbortController();
    void ports.sleep(settings.leaseMs, limit.signal).then(() => limit.abort());
    await Promise.race([claims, aborted(limit.signal)]);
    await settler.idle(limit.signal);
    settler.close();
    runner.close();
    ending.abort();
    await Promise.race([Promise.all([heartbeat, sweep, retention, ready, hooks.idle()]), aborted(limit.signal)]);
    await Promise.all([registry.remove(), exclusive.release()]).catch((error: unknown) => report(error, "stop"));
    limit.abort();
  };

  let stopped: Promise<void> | null = null;
  return {
    get running() {
      return running();
    },
    ready,
    drained: async () => {
      await ready;
      do {
        await hooks.idle();
        await claimer.drained();
      } while (hooks.pending > 0);
    },
    stop: (graceMs) => {
      stopped ??= stop(graceMs);
      return stopped;
    },
  };
}

/** What `fetch` and its like are aborted with, so that they throw it on. */
const abortError = (message: string): Error => new DOMException(message, "AbortError");

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
