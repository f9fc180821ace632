/**
 * Tells other processes what was committed here. Off the path of every call, one statement at a time, and never more
 * often than they need: whoever waits for work at once and then every few milliseconds, whoever only watches more
 * rarely. What could not be told is lost: a hint is no promise, and those who wait look by themselves too.
 */

import { setTimeout as pause, setImmediate as turn } from "node:timers/promises";
import { encode, newsOf } from "./hints.ts";
import { type Marks, noMarks } from "./step.ts";

/** Least time between two hints if there is something to claim, in ms. */
const OFFER_GAP_MS = 10;
/** … and if there is only something new to see. */
const TOUCH_GAP_MS = 100;

export class Notifier {
  readonly #send: (payload: string) => Promise<void>;
  #untold: Marks = noMarks();
  #isRunning = false;
  #isClosed = false;
  #nap: AbortController | null = null;

  /** @param send - may fail */
  constructor(send: (payload: string) => Promise<void>) {
    this.#send = send;
  }

  tell({ touched, offered }: Marks): void {
    if (this.#isClosed) return;
    for (const queue of touched) this.#untold.touched.add(queue);
    for (const queue of offered) this.#untold.offered.add(queue);
    if (offered.size > 0) this.#nap?.abort("offer");
    if (!this.#isRunning && this.#hasNews()) void this.#run();
  }

  /** The last news go out at once. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#nap?.abort("closed");
    await this.#flush();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    // What is committed in this turn of the event loop is told at once, after those here have begun with it.
    await turn();
    while (!this.#isClosed && this.#hasNews()) {
      await this.#flush();
      await pause(OFFER_GAP_MS, undefined, { ref: false });
      if (this.#untold.offered.size === 0) await this.#rest(TOUCH_GAP_MS - OFFER_GAP_MS);
    }
    this.#isRunning = false;
  }

  async #flush(): Promise<void> {
    if (!this.#hasNews()) return;
    const news = newsOf(this.#untold);
    this.#untold = noMarks();
    await this.#send(encode(news)).catch(() => {});
  }

  /** Ended by the next offer. */
  async #rest(ms: number): Promise<void> {
    this.#nap = new AbortController();
    await pause(ms, undefined, { ref: false, signal: this.#nap.signal }).catch(() => {});
    this.#nap = null;
  }

  #hasNews(): boolean {
    return this.#untold.touched.size > 0 || this.#untold.offered.size > 0;
  }
}
