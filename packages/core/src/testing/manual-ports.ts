/** The world of a test: a clock that stands still until it is told to move, and randomness that repeats. */

import { type Duration, durationMs } from "../nouns/duration.ts";
import type { Instant } from "../nouns/job.ts";
import type { Ports } from "../nouns/ports.ts";

export interface ManualPorts extends Ports {
  /**
   * Time passes, on both clocks. Sleepers whose time has come wake, the earliest first; what they do then
   * runs after the caller's next `await`, at the new time.
   *
   * @throws QueueError `BAD_DURATION`
   */
  advance(by: Duration): void;
  /** The wall clock jumps, forward or back, as when a machine's time is corrected. Nobody wakes: no time has passed. */
  setNow(at: Instant): void;
}

/** 2026-01-01T00:00:00Z: a fixed beginning, so that instants in failure messages can be read and repeat. */
const DEFAULT_START: Instant = 1_767_225_600_000;

interface Sleeper {
  readonly until: number;
  readonly wake: () => void;
}

/**
 * Ids count up from `id-00000001`; `random` gives the same numbers in every run.
 *
 * @param start - what `now` answers first; the monotonic clock begins at 0
 */
export function manualPorts(start: Instant = DEFAULT_START): ManualPorts {
  const sleepers = new Set<Sleeper>();
  let wall = start;
  let passedMs = 0;
  let ids = 0;
  return {
    now: () => wall,
    monotonic: () => passedMs,
    random: seededRandom(1),
    newId() {
      ids += 1;
      return `id-${String(ids).padStart(8, "0")}`;
    },
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (ms <= 0 || signal?.aborted) return resolve();
        const sleeper: Sleeper = {
          until: passedMs + ms,
          wake() {
            sleepers.delete(sleeper);
            signal?.removeEventListener("abort", sleeper.wake);
            resolve();
          },
        };
        sleepers.add(sleeper);
        signal?.addEventListener("abort", sleeper.wake, { once: true });
      }),
    advance(by) {
      const ms = durationMs(by, "advance");
      wall += ms;
      passedMs += ms;
      const due = [...sleepers].filter((sleeper) => sleeper.until <= passedMs);
      for (const sleeper of due.sort((a, b) => a.until - b.until)) sleeper.wake();
    },
    setNow(at) {
      wall = at;
    },
  };
}

/** A 32-bit linear congruential step (Numerical Recipes' constants), its better upper bits folded into the lower. */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return ((state ^ (state >>> 16)) >>> 0) / 2 ** 32;
  };
}
