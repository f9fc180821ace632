/**
 * The world, passed in. Nothing else in core reads a clock, a random number or makes an id,
 * so a retry schedule of three weeks is tested in a millisecond.
 */

import { uuidv7 } from "./uuid.ts";

export interface Ports {
  /** Wall clock, epoch milliseconds. Only a store that has no server of its own judges deadlines by it. */
  now(): number;
  /** Milliseconds on a clock that never jumps. */
  monotonic(): number;
  /** Uniform in [0, 1). */
  random(): number;
  /** A new id, sortable by time. */
  newId(): string;
  /** Resolves after `ms`, or at once when the signal aborts. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Timers over 2^31 − 1 ms would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export const systemPorts: Ports = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  random: () => Math.random(),
  newId: () => uuidv7(Date.now()),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const done = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, Math.min(Math.max(0, ms), LONGEST_TIMER_MS));
      signal?.addEventListener("abort", done, { once: true });
    }),
};
