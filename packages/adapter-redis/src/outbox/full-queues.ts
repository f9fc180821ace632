/** Queues that had no room, and when each is worth another try. */

import { backoffMs, type Ports } from "@jobyard/core/adapter";

const PAUSES = { type: "exponential", delayMs: 250, maxDelayMs: 15_000, jitter: 0.5 } as const;

export class FullQueues {
  readonly #ports: Ports;
  readonly #queues = new Map<string, { readonly failures: number; readonly until: number }>();

  constructor(ports: Ports) {
    this.#ports = ports;
  }

  /** Those that have had no room, and were not found with room since. */
  get names(): readonly string[] {
    return [...this.#queues.keys()];
  }

  /** Those whose time has not come. */
  resting(): readonly string[] {
    const now = this.#ports.monotonic();
    return [...this.#queues].filter(([, { until }]) => until > now).map(([queue]) => queue);
  }

  /** How long until the first of those that rest is worth a try, in ms; `Infinity` if none rests. */
  restMs(): number {
    const now = this.#ports.monotonic();
    const rests = [...this.#queues.values()].map(({ until }) => until - now).filter((ms) => ms > 0);
    return Math.min(...rests);
  }

  /** @returns how long it rests now, in ms */
  wasFull(queue: string): number {
    const failures = (this.#queues.get(queue)?.failures ?? 0) + 1;
    const pauseMs = backoffMs(PAUSES, failures, this.#ports.random());
    this.#queues.set(queue, { failures, until: this.#ports.monotonic() + pauseMs });
    return pauseMs;
  }

  hadRoom(queue: string): void {
    this.#queues.delete(queue);
  }
}
