/**
 * Calls on their way. All share one connection, and each has an end of its own: one that gets no answer in its time
 * fails, and breaks the connection off, because a server that is gone without a word looks the same as a slow one.
 */

import { FailedTry, type Patience, type Ports, patiently, QueueError } from "@jobyard/core/adapter";
import type { Link } from "./connection.ts";
import type { Client } from "./driver.ts";
import { ConnectionLost, faultOf, isUndone, remedyFor } from "./faults.ts";
import { type Limit, Limits } from "./limits.ts";

/** How long those that run are waited for when the store closes. */
const SETTLING_MS = 3_000;

export interface CallsOptions {
  readonly link: Pick<Link, "open" | "ready" | "answering" | "epoch" | "cut" | "close">;
  readonly ports: Ports;
  readonly callTimeoutMs: number;
  /** Host, port and database, for messages. */
  readonly place: string;
}

/**
 * What only reads is done again if its answer was lost. What only looks asks the server about itself, also one that was
 * refused.
 */
export type Kind = "only looks" | "only reads" | "may write";

export class Calls {
  readonly #options: CallsOptions;
  readonly #limits: Limits;
  readonly #patience: Patience;
  readonly #running = new Set<Promise<unknown>>();
  #isClosed = false;

  constructor(options: CallsOptions) {
    this.#options = options;
    this.#limits = new Limits(options.ports, options.callTimeoutMs);
    this.#patience = { ports: options.ports, callTimeoutMs: options.callTimeoutMs, remedyFor };
  }

  /**
   * What a change was that got no answer nobody knows: the call fails with `STORE_UNAVAILABLE`, and whoever made it
   * finds out. What the server refused, and what was never sent, may be tried again by itself.
   *
   * @param work - one command or script; more of them may be left half done
   * @throws QueueError `STORE_CLOSED`, `STORE_UNAVAILABLE`, `STORE_UNSAFE`, `STORE_BUSY`, `STORE_FULL`, `STORE_CORRUPT`
   */
  async run<T>(kind: Kind, work: (client: Client) => Promise<T>): Promise<T> {
    this.assertOpen();
    const running = this.#limited((limit) => patiently(this.#patience, () => this.#attempt(limit, kind, work)));
    this.#running.add(running);
    try {
      return await running;
    } catch (error) {
      throw faultOf(error, this.#options.place);
    } finally {
      this.#running.delete(running);
    }
  }

  /** @throws QueueError `STORE_CLOSED` */
  assertOpen(): void {
    if (this.#isClosed) throw new QueueError("STORE_CLOSED", this.#options.place);
  }

  /** Resolves when no call runs, or after a moment. */
  async settled(): Promise<void> {
    const done = new AbortController();
    const over = this.#options.ports.sleep(SETTLING_MS, done.signal);
    await Promise.race([Promise.allSettled(this.#running), over]);
    done.abort("done");
  }

  /** Breaks off what still runs. Twice is fine. */
  close(): void {
    this.#isClosed = true;
    this.#options.link.close();
    this.#limits.close();
  }

  /** Fails when the time is over, whatever becomes of the work. */
  #limited<T>(work: (limit: CallLimit) => Promise<T>): Promise<T> {
    const { link, callTimeoutMs } = this.#options;
    return new Promise((resolve, reject) => {
      const call: CallLimit = { isOver: () => limit.isOver, sentOn: null };
      const limit: Limit = this.#limits.begin(() => {
        reject(new ConnectionLost(`no answer within ${callTimeoutMs} ms`));
        if (call.sentOn !== null) link.cut(call.sentOn);
      });
      work(call)
        .finally(() => limit.clear())
        .then(resolve, reject);
    });
  }

  async #attempt<T>(limit: CallLimit, kind: Kind, work: (client: Client) => Promise<T>): Promise<T> {
    const { link } = this.#options;
    const client = link.open ?? (await this.#connect(kind));
    // Whoever asked has been told that nothing was done.
    if (limit.isOver()) throw new ConnectionLost("too late");
    limit.sentOn = link.epoch;
    try {
      return await work(client);
    } catch (error) {
      throw new FailedTry(kind === "may write" && !isUndone(error) ? "unknown" : "undone", error);
    } finally {
      limit.sentOn = null;
    }
  }

  async #connect(kind: Kind): Promise<Client> {
    const { link } = this.#options;
    try {
      return await (kind === "only looks" ? link.answering() : link.ready());
    } catch (error) {
      throw new FailedTry("unsent", error);
    }
  }
}

interface CallLimit {
  readonly isOver: () => boolean;
  /** The connection on which an answer is waited for. */
  sentOn: number | null;
}
