/** Calls on their way: each has a connection of its own for as long as it needs one, and an end of its own. */

import { FailedTry, type Patience, type Ports, patiently, QueueError } from "@jobyard/core/adapter";
import { faultOf, isFatal, remedyFor, sqlState } from "./faults.ts";
import type { Lent, Pool } from "./pool.ts";

/** How long those that run are waited for when the store closes, and then what is left to do. */
const SETTLING_MS = 3_000;
const CLOSING_MS = 1_000;

export interface CallsOptions {
  readonly pool: Pool;
  readonly ports: Ports;
  readonly callTimeoutMs: number;
  /** Host, port and database, for messages. */
  readonly place: string;
}

export class Calls {
  readonly #options: CallsOptions;
  readonly #patience: Patience;
  readonly #running = new Set<Promise<unknown>>();
  #isClosed = false;

  constructor(options: CallsOptions) {
    this.#options = options;
    this.#patience = { ports: options.ports, callTimeoutMs: options.callTimeoutMs, remedyFor };
  }

  /**
   * @param attempt - throws {@link FailedTry} where it may be tried again, with another connection
   * @throws QueueError `STORE_CLOSED`, `STORE_UNAVAILABLE`, `STORE_BUSY`, `STORE_FULL`, `STORE_CORRUPT`
   */
  run<T>(attempt: (lent: Lent) => Promise<T>): Promise<T> {
    return this.#limited((limit) => patiently(this.#patience, () => this.#attempt(limit, attempt)));
  }

  /** The same for work on a connection that is not ours: when the time is over it is left to itself. */
  within<T>(work: () => Promise<T>): Promise<T> {
    const leave = (limit: Limit): Promise<never> =>
      new Promise((_, reject) => limit.onOver(() => reject(new Error("left to itself"))));
    return this.#limited((limit) => Promise.race([work(), leave(limit)]));
  }

  async #limited<T>(work: (limit: Limit) => Promise<T>): Promise<T> {
    this.assertOpen();
    const limit = new Limit(this.#options.ports, this.#options.callTimeoutMs);
    const running = work(limit);
    this.#running.add(running);
    try {
      return await running;
    } catch (error) {
      throw limit.isOver ? this.#tooLong(error) : faultOf(error, this.#options.place);
    } finally {
      limit.clear();
      this.#running.delete(running);
    }
  }

  /** Work that takes as long as it takes: a migration. */
  async unlimited<T>(work: (lent: Lent) => Promise<T>): Promise<T> {
    this.assertOpen();
    try {
      return await use(await this.#options.pool.borrow(), work);
    } catch (error) {
      throw faultOf(error instanceof FailedTry ? error.cause : error, this.#options.place);
    }
  }

  /** @throws QueueError `STORE_CLOSED` */
  assertOpen(): void {
    if (this.#isClosed) throw new QueueError("STORE_CLOSED", this.#options.place);
  }

  /** Resolves when no call runs, or after a moment. */
  async settled(): Promise<void> {
    await this.#atMost(SETTLING_MS, () => Promise.allSettled(this.#running));
  }

  /**
   * Breaks off what still runs after a moment. To be called once.
   *
   * @param last - what may still call
   */
  async close(last: () => Promise<void>): Promise<void> {
    await this.#atMost(CLOSING_MS, last);
    this.#isClosed = true;
    await this.#atMost(CLOSING_MS, (over) => this.#options.pool.close(over));
  }

  async #atMost(ms: number, work: (over: Promise<void>) => Promise<unknown>): Promise<void> {
    const done = new AbortController();
    const over = this.#options.ports.sleep(ms, done.signal);
    await Promise.race([work(over), over]);
    done.abort("done");
  }

  async #attempt<T>(limit: Limit, attempt: (lent: Lent) => Promise<T>): Promise<T> {
    const lent = await this.#borrow(limit);
    limit.onOver(() => lent.cut());
    try {
      return await use(lent, attempt);
    } finally {
      limit.onOver(null);
    }
  }

  /** A connection that comes too late goes back. */
  #borrow(limit: Limit): Promise<Lent> {
    return new Promise((resolve, reject) => {
      limit.onOver(() => reject(new Error("no connection was free, or none could be made")));
      this.#options.pool.borrow().then(
        (lent) => (limit.isOver ? lent.giveBack("keep") : resolve(lent)),
        (error: unknown) => reject(new FailedTry("unsent", error)),
      );
    });
  }

  #tooLong(cause: unknown): QueueError {
    const { place, callTimeoutMs } = this.#options;
    return new QueueError("STORE_UNAVAILABLE", `${place}: no answer within ${callTimeoutMs} ms`, { cause });
  }
}

/** The end of one call. */
class Limit {
  readonly #done = new AbortController();
  #act: (() => void) | null = null;
  isOver = false;

  constructor(ports: Ports, ms: number) {
    void ports.sleep(ms, this.#done.signal).then(() => {
      if (this.#done.signal.aborted) return;
      this.isOver = true;
      this.#act?.();
    });
  }

  /** What to do when the time is over; in the place of what was to be done before. */
  onOver(act: (() => void) | null): void {
    this.#act = act;
    if (this.isOver) act?.();
  }

  clear(): void {
    // With a reason: without one each call would make an exception with its stack.
    this.#done.abort("done");
  }
}

async function use<T>(lent: Lent, work: (lent: Lent) => Promise<T>): Promise<T> {
  try {
    const result = await work(lent);
    lent.giveBack("keep");
    return result;
  } catch (error) {
    lent.giveBack(isSpent(error instanceof FailedTry ? error.cause : error) ? "discard" : "keep");
    throw error;
  }
}

const READ_ONLY = "25006";
/** The connection is about to end; or leads to a server that has become a standby, while the name leads elsewhere. */
const isSpent = (error: unknown): boolean => isFatal(error) || sqlState(error) === READ_ONLY;
