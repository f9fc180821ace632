/**
 * One connection to the store, made when it is first asked for and anew whenever it breaks. It is open when the server
 * has answered, is in the right database, and is one that our promises hold on; until then those who ask wait for the
 * try that runs, and are told why it failed.
 */

import type { EventEmitter } from "node:events";
import { type Ports, QueueError } from "@jobyard/core/adapter";
import { type Client, cutClient, type DriverOptions, endClient, newClient } from "./driver.ts";
import { ConnectionLost, isUnsent, withoutArguments } from "./faults.ts";
import { inspect } from "./inspection.ts";
import type { CheckedOptions } from "./options.ts";

/** So long a server that was refused is not looked at again. */
const REFUSED_MS = 250;

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1_000;

export interface LinkOptions extends Omit<DriverOptions, "pauseMs" | "random"> {
  readonly ports: Ports;
  /** Any key of this yard. */
  readonly key: string;
  readonly place: string;
}

const CONNECT_MS = 10_000;
/** What CLIENT LIST shows; none of them looks like one of BullMQ's workers. */
const NAMES = { calls: "jobyard", waits: "jobyard-waits" } as const;

/** @param use - `waits`: commands that block, and nothing else */
export function newLink(options: CheckedOptions, use: keyof typeof NAMES): Link {
  const { target, prefix, place, ports, callTimeoutMs } = options;
  const connectTimeoutMs = Math.min(CONNECT_MS, callTimeoutMs);
  return new Link({ target, place, ports, connectTimeoutMs, key: `${prefix}::`, connectionName: NAMES[use] });
}

type State =
  | { readonly name: "idle" | "connecting" | "closed" }
  | { readonly name: "open"; readonly client: Client }
  | { readonly name: "refused"; readonly reason: unknown; readonly at: number };

interface Waiter {
  readonly resolve: (client: Client) => void;
  readonly reject: (reason: unknown) => void;
}

export class Link {
  readonly #options: LinkOptions;
  readonly #ports: Ports;
  readonly #waiting = new Set<Waiter>();
  #client: Client | null = null;
  #state: State = { name: "idle" };
  /** Aborted when the state changes. */
  #settled = new AbortController();
  /** Counts the connections; what was sent on an earlier one is lost. */
  #epoch = 0;
  /** Why the try that runs has failed already. */
  #reason: unknown = null;
  /** What one of a cluster's nodes said, which need not be in the way of the others. */
  #nodeReason: unknown = null;
  /** In a row, since it was open. */
  #failures = 0;
  /** We broke it off ourselves: who waits is waiting for the next one. */
  #isLeaving = false;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#ports = options.ports;
  }

  get epoch(): number {
    return this.#epoch;
  }

  /** The client if there is nothing to wait for. */
  get open(): Client | null {
    return this.#state.name === "open" && this.#state.client.status === "ready" ? this.#state.client : null;
  }

  /**
   * Waits for the try that runs, or begins one.
   *
   * @throws why it failed: QueueError `STORE_CLOSED`, `STORE_UNSAFE`, `STORE_UNAVAILABLE`, or an error of the driver
   */
  async ready(): Promise<Client> {
    const { open } = this;
    if (open !== null) return open;
    if (this.#state.name === "closed") throw new QueueError("STORE_CLOSED", this.#options.place);
    if (this.#state.name === "refused") {
      if (this.#ports.monotonic() - this.#state.at < REFUSED_MS) throw this.#state.reason;
      this.#breakOff();
    }
    this.#client ??= this.#newClient();
    return new Promise((resolve, reject) => this.#waiting.add({ resolve, reject }));
  }

  /**
   * A client whose server answers, even if it was refused: to find out why.
   *
   * @throws as `ready`, if there is none
   */
  async answering(): Promise<Client> {
    try {
      return await this.ready();
    } catch (error) {
      if (this.#state.name === "refused" && this.#client?.status === "ready") return this.#client;
      throw error;
    }
  }

  /** Breaks the connection off, unless that of `epoch` is gone already; it is made anew. */
  cut(epoch: number = this.#epoch): void {
    if (epoch === this.#epoch && this.#state.name !== "closed") this.#breakOff();
  }

  /** For good. */
  close(): void {
    this.#settle({ name: "closed" });
    if (this.#client !== null) endClient(this.#client);
    this.#client = null;
    this.#fail(new QueueError("STORE_CLOSED", this.#options.place));
  }

  #newClient(): Client {
    const client = newClient({ ...this.#options, random: () => this.#ports.random(), pauseMs: () => this.#pauseMs() });
    const events: EventEmitter = client;
    const on = (event: string, act: (error: unknown) => void): void => {
      // One that was given up may still have something to say.
      events.on(event, (error: unknown) => this.#client === client && act(error));
    };
    on("connecting", () => this.#expect());
    // Sentinels were asked before that, and what they said is over.
    on("connect", () => {
      this.#reason = null;
    });
    on("node error", (error) => {
      this.#nodeReason = withoutArguments(error);
    });
    on("error", (error) => this.#hear(error));
    on("ready", () => void this.#inspect(client));
    on("close", () => this.#lose());
    // Somebody ended it who should not have.
    on("end", () => this.#giveUp());
    this.#expect();
    return client;
  }

  #pauseMs(): number {
    const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** this.#failures, LONGEST_PAUSE_MS);
    this.#failures += 1;
    return Math.ceil(pauseMs * (0.5 + this.#ports.random() / 2));
  }

  /** It is to open in some time: the driver waits for the answers to its own first commands as long as it takes. */
  #expect(): void {
    this.#settle({ name: "connecting" });
    const { signal } = this.#settled;
    void this.#ports.sleep(this.#options.connectTimeoutMs, signal).then(() => {
      if (signal.aborted) return;
      this.#hear(new ConnectionLost("the server does not answer"));
      this.#giveUp();
    });
  }

  #settle(state: State): void {
    this.#state = state;
    this.#settled.abort("settled");
    this.#settled = new AbortController();
  }

  #hear(error: unknown): void {
    // What a broken connection says after its reason tells nothing.
    if (this.#reason === null || !isUnsent(error)) this.#reason = withoutArguments(error);
    this.#fail(this.#reason);
    // The driver would go on with another database.
    if (isRefusedDatabase(error)) this.#breakOff();
  }

  async #inspect(client: Client): Promise<void> {
    const epoch = this.#epoch;
    const isStale = (): boolean => epoch !== this.#epoch || this.#state.name === "closed";
    try {
      if (this.#reason !== null) throw this.#reason;
      await inspect(client, this.#options.key, this.#options.place);
      if (!isStale()) this.#open(client);
    } catch (error) {
      if (isStale()) return;
      this.#settle({ name: "refused", reason: withoutArguments(error), at: this.#ports.monotonic() });
      this.#fail(error);
    }
  }

  #open(client: Client): void {
    this.#settle({ name: "open", client });
    this.#failures = 0;
    for (const { resolve } of this.#waiting) resolve(client);
    this.#waiting.clear();
  }

  /** The driver makes the next one. */
  #lose(): void {
    const reason = this.#begin();
    this.#expect();
    if (!this.#isLeaving) this.#fail(reason);
    this.#isLeaving = false;
  }

  /** The next call makes another. */
  #giveUp(): void {
    if (this.#client !== null) endClient(this.#client);
    this.#client = null;
    const reason = this.#begin();
    this.#settle({ name: "idle" });
    this.#isLeaving = false;
    this.#fail(reason);
  }

  /** @returns why the one before is gone */
  #begin(): unknown {
    const reason = this.#reason ?? this.#nodeReason ?? new ConnectionLost("the connection was closed");
    this.#epoch += 1;
    this.#reason = null;
    this.#nodeReason = null;
    return reason;
  }

  #breakOff(): void {
    this.#isLeaving = this.#state.name !== "connecting";
    this.#expect();
    if (this.#client !== null) cutClient(this.#client);
  }

  #fail(reason: unknown): void {
    for (const { reject } of this.#waiting) reject(reason);
    this.#waiting.clear();
  }
}

function isRefusedDatabase(error: unknown): boolean {
  const { command } = Object(error) as { readonly command?: { readonly name?: unknown } };
  return command?.name === "select";
}
