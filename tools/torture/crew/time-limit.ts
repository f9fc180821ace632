/** Nothing in a run waits for ever: what takes too long is named. */

import { setTimeout as sleep } from "node:timers/promises";

export class TimeLimitReached extends Error {
  /** @param waitedFor - what had not happened */
  constructor(waitedFor: string) {
    super(`time limit reached while waiting for ${waitedFor}`);
    this.name = "TimeLimitReached";
  }
}

const LOOK_EVERY_MS = 50;

export class TimeLimit {
  readonly #end: number;

  constructor(ms: number) {
    this.#end = performance.now() + ms;
  }

  get leftMs(): number {
    return Math.max(0, this.#end - performance.now());
  }

  /** @throws TimeLimitReached */
  async wait<T>(waitedFor: string, promise: Promise<T>): Promise<T> {
    const over = new AbortController();
    const limit = sleep(this.leftMs, undefined, { signal: over.signal }).then(
      () => {
        throw new TimeLimitReached(waitedFor);
      },
      // Ended in time.
      () => promise,
    );
    try {
      return await Promise.race([promise, limit]);
    } finally {
      over.abort();
    }
  }

  /**
   * Looks again and again until the answer is not `null`.
   *
   * @throws TimeLimitReached
   */
  async until<T>(waitedFor: string, look: () => T | null | Promise<T | null>): Promise<T> {
    for (;;) {
      const found = await look();
      if (found !== null) return found;
      if (this.leftMs <= 0) throw new TimeLimitReached(waitedFor);
      await sleep(LOOK_EVERY_MS);
    }
  }
}
