/**
 * The one connection that hears what other processes did. It is asked now and then whether it still hears, and replaced
 * if it does not answer. What was said while there was none is lost: those who listen are told that anything may have
 * changed.
 */

import type { Ports } from "@jobyard/core/adapter";
import type { Redis } from "ioredis";

/** The silence after which the connection is asked, and the time it has to answer. */
const HEARTBEAT_MS = 10_000;
const ANSWER_MS = 5_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

export type Hearing = "off" | "connecting" | "listening" | "closed";

export interface SubscriberOptions {
  readonly ports: Ports;
  /** All that there are; each is heard from when it is asked for. */
  readonly channels: readonly string[];
  /** A connection that is made by `connect()`, and not again when it is lost. */
  readonly open: () => Promise<Redis>;
  readonly onMessage: (channel: string, payload: string) => void;
  /** Hearing begins, again or for the first time, of some channel: what was said there before was missed. */
  readonly onHearing: () => void;
}

export class Subscriber {
  readonly #options: SubscriberOptions;
  readonly #stop = new AbortController();
  /** Aborted when the first try is over. */
  readonly #known = new AbortController();
  readonly #wanted = new Set<string>();
  #hearing: Hearing = "off";
  #reason: unknown = null;
  #ear: Ear | null = null;

  constructor(options: SubscriberOptions) {
    this.#options = options;
  }

  get hearing(): Hearing {
    return this.#hearing;
  }

  /** Why the last try failed; null if it did not. */
  get reason(): unknown {
    return this.#reason;
  }

  /** Nobody is sent what he does not ask for: each message costs server and listener a turn. Twice is fine. */
  hear(...channels: readonly string[]): void {
    if (channels.every((channel) => this.#wanted.has(channel))) return;
    for (const channel of channels) this.#wanted.add(channel);
    this.#ear?.wake();
    if (this.#hearing !== "off") return;
    this.#hearing = "connecting";
    void this.#keepListening();
  }

  /** Hears all, and resolves with what came of the first try; or what it looks like after a while. */
  async tried(): Promise<Hearing> {
    this.hear(...this.#options.channels);
    await this.#options.ports.sleep(ANSWER_MS, this.#known.signal);
    return this.#hearing;
  }

  /** Twice is fine. */
  close(): void {
    this.#hearing = "closed";
    this.#known.abort("closed");
    this.#stop.abort("closed");
    this.#ear?.cut();
  }

  async #keepListening(): Promise<void> {
    const { ports } = this.#options;
    for (let failures = 0; !this.#stop.signal.aborted; failures++) {
      const began = ports.monotonic();
      await this.#listen().catch((error: unknown) => {
        this.#reason = error;
      });
      this.#known.abort("known");
      this.#ear?.cut();
      this.#ear = null;
      if (this.#stop.signal.aborted) return;
      this.#hearing = "connecting";
      if (ports.monotonic() - began > HEARTBEAT_MS) failures = 0;
      const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS);
      await ports.sleep(pauseMs * (0.5 + ports.random() / 2), this.#stop.signal);
    }
  }

  /** Resolves or fails when there is nothing to hear on this connection any more. */
  async #listen(): Promise<void> {
    const { open, ports, onMessage } = this.#options;
    const client = await open();
    const ear = new Ear(client, ports);
    if (this.#stop.signal.aborted) return ear.cut();
    this.#ear = ear;
    client.on("message", onMessage);
    await ear.within(ANSWER_MS, client.connect());
    for (const heard = new Set<string>(); !ear.isLost; ) {
      const missing = [...this.#wanted].filter((channel) => !heard.has(channel));
      await ear.within(ANSWER_MS, missing.length === 0 ? client.ping() : client.subscribe(...missing));
      if (this.#stop.signal.aborted) return;
      for (const channel of missing) heard.add(channel);
      if (missing.length > 0) this.#begin();
      if (this.#wanted.size === heard.size) await ear.sleep(HEARTBEAT_MS);
    }
  }

  #begin(): void {
    this.#hearing = "listening";
    this.#reason = null;
    this.#known.abort("known");
    this.#options.onHearing();
  }
}

/** One connection that listens. */
class Ear {
  readonly #client: Redis;
  readonly #ports: Ports;
  readonly #lost = new AbortController();
  /** Aborted when it is to go on before its time. */
  #rest = new AbortController();

  constructor(client: Redis, ports: Ports) {
    this.#client = client;
    this.#ports = ports;
    for (const event of ["error", "end"] as const) client.on(event, () => this.#lose());
  }

  get isLost(): boolean {
    return this.#lost.signal.aborted;
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

  /** Ended by `wake`, and by the loss of the connection. */
  async sleep(ms: number): Promise<void> {
    this.#rest = new AbortController();
    if (!this.isLost) await this.#ports.sleep(ms, this.#rest.signal);
  }

  wake(): void {
    this.#rest.abort("awake");
  }

  cut(): void {
    this.#lose();
    this.#client.disconnect();
    this.#client.stream?.destroy();
  }

  #lose(): void {
    this.#lost.abort("lost");
    this.wake();
  }
}
