/** Nothing in a run waits for ever: what takes too long is named, and so is what somebody broke off. */

import { setTimeout as sleep } from "node:timers/promises";

export class BrokenOff extends Error {
  /** @param waitedFor - what had not happened */
  constructor(why: "time limit reached" | "interrupted", waitedFor: string) {
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
    const check = (): void => {
      const reason = this.#reason();
      if (reason !== null) reject(new BrokenOff(reason, waitedFor));
    };
    const timer = setTimeout(check, Math.max(0, Math.ceil(this.#end - performance.now())));
    this.#interrupt.addEventListener("abort", check);
    check();
    try {
      return await Promise.race([promise, broken]);
    } finally {
      clearTimeout(timer);
      this.#interrupt.removeEventListener("abort", check);
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

  #reason(): "time limit reached" | "interrupted" | null {
    if (this.#interrupt.aborted) return "interrupted";
    return performance.now() >= this.#end ? "time limit reached" : null;
  }
}
