/** Nothing in a run waits for ever: what takes too long is named, and so is what somebody broke off. */

import { setTimeout as sleep } from "node:timers/promises";

type BrokenOffWhy = "time limit reached" | "interrupted";

export class BrokenOff extends Error {
  /** @param waitedFor - what had not happened */
  constructor(why: BrokenOffWhy, waitedFor: string) {
    super(`${why} while waiting for ${waitedFor}`);
    this.name = "BrokenOff";
  }
}

const LOOK_EVERY_MS = 50;

export class TimeLimit {
  readonly #end: number;
  readonly #interrupt: AbortSignal;

  /** @param interrupt - ends every waiting at once */
  constructor(ms: number, interrupt: AbortSignal) {
    this.#end = performance.now() + ms;
    this.#interrupt = interrupt;
  }

  get isOver(): boolean {
    return this.#reason() !== null;
  }

  /** @throws BrokenOff */
  async wait<T>(waitedFor: string, promise: Promise<T>): Promise<T> {
    const { promise: broken, reject } = Promise.withResolvers<never>();
    const breakOff = (why: BrokenOffWhy): void => reject(new BrokenOff(why, waitedFor));
    // A timer may come a moment before the clock says so: then it is time all the same.
    const timer = setTimeout(() => breakOff("time limit reached"), Math.max(0, this.#end - performance.now()));
    const onAbort = (): void => breakOff("interrupted");
    this.#interrupt.addEventListener("abort", onAbort);
    const reason = this.#reason();
    if (reason !== null) breakOff(reason);
    try {
      return await Promise.race([promise, broken]);
    } finally {
      clearTimeout(timer);
      this.#interrupt.removeEventListener("abort", onAbort);
    }
  }

  /**
   * Looks again and again until the answer is not `null`.
   *
   * @throws BrokenOff
   */
  async until<T>(waitedFor: string, look: () => T | null | Promise<T | null>): Promise<T> {
    for (;;) {
      const found = await look();
      if (found !== null) return found;
      const reason = this.#reason();
      if (reason !== null) throw new BrokenOff(reason, waitedFor);
      await sleep(LOOK_EVERY_MS);
    }
  }

  #reason(): BrokenOffWhy | null {
    if (this.#interrupt.aborted) return "interrupted";
    return performance.now() >= this.#end ? "time limit reached" : null;
  }
}
