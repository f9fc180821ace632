/** Starts what was claimed as slots become free, and gives back what is not to start after all. */

import type { Outcome } from "../../decisions/decide.ts";
import type { Line } from "./line.ts";
import type { Shift } from "./shift.ts";
import type { Turn } from "./turn.ts";

export interface Pump {
  readonly running: number;
  take(turns: readonly Turn[]): void;
  /** A slot has become free. Many at once are seen to together. */
  onFree(): void;
  /** Jobs that have not started and fit are over, with this outcome. */
  giveBack(outcome: Outcome, fits: (turn: Turn) => boolean): void;
  /** Starts nothing more; what has not started, or comes in yet, is given back. Resolves when nothing runs. */
  stop(): Promise<void>;
}

export interface PumpParts {
  readonly lines: readonly Line[];
  readonly start: (turn: Turn) => void;
  readonly finish: (turn: Turn, outcome: Outcome) => void;
  /** All free slots were seen to; there may be room for another claim. */
  readonly onPumped: () => void;
}

export function createPump({ clock, ports }: Shift, { lines, start, finish, onPumped }: PumpParts): Pump {
  let scheduled = false;
  let onIdle: (() => void) | null = null;

  const running = (): number => lines.reduce((sum, line) => sum + line.running, 0);

  const pump = (): void => {
    scheduled = false;
    if (onIdle === null) for (const line of lines) pumpLine(line);
    onPumped();
  };

  const pumpLine = (line: Line): void => {
    for (let turn = line.next(); turn !== null; turn = line.next()) {
      const { expiresAt } = turn.leased;
      // After a long block of the event loop this may come before the heartbeat that would say so.
      if (ports.monotonic() >= clock.validUntil) finish(turn, { kind: "lost" });
      else if (expiresAt !== null && clock.serverNow() >= expiresAt) finish(turn, { kind: "expired" });
      else start(turn);
    }
  };

  const giveBack: Pump["giveBack"] = (outcome, fits) => {
    for (const line of lines) for (const turn of line.withdraw(fits)) finish(turn, outcome);
  };

  return {
    get running() {
      return running();
    },
    take: (turns) => {
      for (const turn of turns) turn.line.add(turn);
      if (onIdle !== null) giveBack({ kind: "unstarted" }, () => true);
      else for (const line of lines) pumpLine(line);
    },
    onFree: () => {
      if (onIdle !== null && running() === 0) onIdle();
      if (scheduled) return;
      scheduled = true;
      process.nextTick(pump);
    },
    giveBack,
    stop: () =>
      new Promise((resolve) => {
        onIdle = resolve;
        giveBack({ kind: "unstarted" }, () => true);
        if (running() === 0) resolve();
      }),
  };
}
