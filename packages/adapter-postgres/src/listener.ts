/**
 * The one connection that hears what other processes committed. It is asked now and then whether it still hears, and
 * replaced if it does not answer: a connection that was cut off in silence looks the same as one with nothing to say.
 *
 * A pooler that lends server connections by transaction passes no notifications on. That is found out by sending one
 * on another connection; then there is no listening, and those who wait look by themselves.
 */

import type { Ports } from "@jobyard/core/adapter";
import pg from "pg";
import { type Connection, connectionOver } from "./connection.ts";
import type { Dialect } from "./dialect.ts";
import { clientConfig, isDirect } from "./pool.ts";
import { isListening, notify, stopListening } from "./sql/wake.sql.ts";

/** The silence after which the connection is asked, and the time it has to answer. */
const HEARTBEAT_MS = 10_000;
const ANSWER_MS = 5_000;
const CONNECT_MS = 5_000;
/** What was sent on another connection of ours should be back by then. */
const PROBE_MS = 2_000;
/** Together with the time to connect it stays under 30 s. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

/** `pooled`: no notification comes through, so nobody tries again. */
export type Hearing = "off" | "connecting" | "listening" | "pooled" | "closed";

export interface ListenerOptions {
  readonly ports: Ports;
  readonly url: string;
  readonly dialect: Dialect;
  readonly channel: string;
  readonly callTimeoutMs: number;
  /** Sends a notification on another connection. */
  readonly sendElsewhere: (payload: string) => Promise<void>;
  readonly onPayload: (payload: string) => void;
  /** Hearing begins, again or for the first time: what was said before was missed. */
  readonly onHearing: () => void;
}

export class Listener {
  readonly #options: ListenerOptions;
  readonly #stop = new AbortController();
  /** Aborted when the first try is over. */
  readonly #known = new AbortController();
  #hearing: Hearing = "off";
  #current: Ear | null = null;

  constructor(options: ListenerOptions) {
    this.#options = options;
  }

  get hearing(): Hearing {
    return this.#hearing;
  }

  /** Twice is fine. */
  start(): void {
    if (this.#hearing !== "off") return;
    this.#hearing = "connecting";
    void this.#keepListening();
  }

  /** Starts, and resolves with what came of the first try; or what it looks like after a while. */
  async tried(): Promise<Hearing> {
    this.start();
    await this.#options.ports.sleep(PROBE_MS + ANSWER_MS, this.#known.signal);
    return this.#hearing;
  }

  /** False if there is no connection to send on. What it sends does not come back to it. */
  async send(payload: string): Promise<boolean> {
    const ear = this.#current;
    if (this.#hearing !== "listening" || ear === null) return false;
    await ear.within(ANSWER_MS, ear.db.run(notify, { channel: this.#options.channel, payload }));
    return true;
  }

  close(): void {
    this.#hearing = "closed";
    this.#known.abort("closed");
    this.#stop.abort("closed");
    this.#current?.cut();
  }

  async #keepListening(): Promise<void> {
    const { ports } = this.#options;
    for (let failures = 0; !this.#stop.signal.aborted; failures++) {
      const began = ports.monotonic();
      // Why it ended is told by nothing but the attempt to do better.
      await this.#listen().catch(() => {});
      this.#known.abort("known");
      this.#current?.cut();
      this.#current = null;
      if (this.#hearing === "pooled" || this.#hearing === "closed") return;
      this.#hearing = "connecting";
      if (ports.monotonic() - began > HEARTBEAT_MS) failures = 0;
      const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS);
      await ports.sleep(pauseMs * (0.5 + ports.random() / 2), this.#stop.signal);
    }
  }

  /** Resolves or fails when there is nothing to hear on this connection any more. */
  async #listen(): Promise<void> {
    const { dialect, callTimeoutMs, channel, onPayload, onHearing } = this.#options;
    const ear = new Ear(this.#options);
    this.#current = ear;
    await ear.within(CONNECT_MS, ear.connect());
    const isOurs = await ear.within(ANSWER_MS, isDirect(ear.client, dialect, callTimeoutMs));
    ear.hear(channel, onPayload);
    await ear.within(ANSWER_MS, ear.client.query(`LISTEN ${pg.escapeIdentifier(channel)}`));
    if (!isOurs && !(await this.#hearsOthers(ear))) {
      await ear.within(ANSWER_MS, ear.db.execute(stopListening));
      this.#end("pooled");
      return;
    }
    this.#end("listening");
    onHearing();
    while (!ear.isLost) {
      await ear.sleep(HEARTBEAT_MS);
      const answer = await ear.within(ANSWER_MS, ear.db.get(isListening, { channel }));
      if (answer?.listening !== true) return;
    }
  }

  /** A store that was closed meanwhile stays closed. */
  #end(hearing: "listening" | "pooled"): void {
    if (this.#stop.signal.aborted) return;
    this.#hearing = hearing;
    this.#known.abort("known");
  }

  async #hearsOthers(ear: Ear): Promise<boolean> {
    const { ports, sendElsewhere } = this.#options;
    const probe = JSON.stringify({ probe: ports.newId() });
    const arrived = ear.expect(probe);
    await sendElsewhere(probe);
    return Promise.race([arrived.then(() => true), ear.sleep(PROBE_MS).then(() => false)]);
  }
}

/** One connection that listens. */
class Ear {
  readonly client: pg.Client;
  readonly db: Connection;
  readonly #ports: Ports;
  readonly #lost = new AbortController();
  #expected: { readonly payload: string; readonly arrived: () => void } | null = null;

  constructor({ ports, url, dialect }: ListenerOptions) {
    this.#ports = ports;
    this.client = new pg.Client({ ...clientConfig(url), connectionTimeoutMillis: CONNECT_MS });
    this.db = connectionOver(this.client, dialect);
    for (const event of ["error", "end"] as const) this.client.on(event, () => this.#lost.abort("lost"));
  }

  get isLost(): boolean {
    return this.#lost.signal.aborted;
  }

  async connect(): Promise<void> {
    await this.client.connect();
    // Whoever waits keeps the process alive by itself. The types of pg do not know the method.
    (this.client as pg.Client & { unref(): void }).unref();
  }

  /** Notifications of its own connection are not told: this process knows. */
  hear(channel: string, onPayload: (payload: string) => void): void {
    const { processID } = this.client as pg.Client & { readonly processID?: number | null };
    this.client.on("notification", (message) => {
      const payload = message.payload ?? "";
      if (message.channel !== channel || message.processId === processID) return;
      if (payload === this.#expected?.payload) this.#expected.arrived();
      else onPayload(payload);
    });
  }

  expect(payload: string): Promise<void> {
    return new Promise((arrived) => {
      this.#expected = { payload, arrived };
    });
  }

  /** Fails, and breaks the connection off, if it takes longer. */
  async within<T>(ms: number, work: Promise<T>): Promise<T> {
    const done = new AbortController();
    const late = this.#ports.sleep(ms, done.signal).then(() => {
      if (done.signal.aborted) return;
      this.cut();
      throw new Error("the connection that listens does not answer");
    });
    try {
      await Promise.race([work, late]);
      return await work;
    } finally {
      done.abort("done");
    }
  }

  /** Ended by the loss of the connection. */
  sleep(ms: number): Promise<void> {
    return this.#ports.sleep(ms, this.#lost.signal);
  }

  cut(): void {
    this.#lost.abort("lost");
    this.client.connection.stream.destroy();
  }
}
