/**
 * Claims that wait. Each blocks on BullMQ's markers of its queues, on a connection of its own while it waits, as a
 * worker of BullMQ's does: whoever adds a job, ours or not, sets the marker. What no marker tells is rung.
 */

import type { ClaimRequest, Ports } from "@jobyard/core/adapter";
import type { Claimed } from "./claim.ts";
import { type Link, newLink } from "./connection.ts";
import type { Client } from "./driver.ts";
import type { CheckedOptions } from "./options.ts";

/** A marker can be lost with a server; then a claim looks by itself, in ms. */
const POLL_MS = 1_000;
/** So much sooner the server is to answer: ten times a second it looks whose time is over. */
const EARLY_MS = 200;
const SHORTEST_MS = 10;
/** So much longer than it should take may an answer be on its way. */
const LATE_MS = 5_000;

/** What a marker looked like that was taken off. */
export type Marker = readonly [key: string, member: string, score: string];

/** Puts back a marker that nobody followed: somebody else may. */
export type PutBack = (marker: Marker) => Promise<unknown>;

/** A claim that waits. */
export interface Sleeper {
  readonly queues: readonly string[];
  /** There may be work. */
  readonly ring: () => void;
  /** Null if it is looking by itself, or somebody serves it already. */
  readonly beServed: () => Service | null;
}

/** A claim that is made for somebody who sleeps. To be ended, once, in one of two ways. */
export interface Service {
  readonly request: ClaimRequest;
  readonly give: (claimed: Claimed) => void;
  /** Nobody knows whether something was claimed. */
  readonly fail: (error: unknown) => void;
}

export class Markers {
  readonly #options: CheckedOptions;
  readonly #ports: Ports;
  readonly #putBack: PutBack;
  readonly #free: Link[] = [];
  readonly #links = new Set<Link>();
  readonly #sleepers = new Set<Sleeper>();
  #isClosed = false;

  constructor(options: CheckedOptions, putBack: PutBack) {
    this.#options = options;
    this.#ports = options.ports;
    this.#putBack = putBack;
  }

  /** @param queue - null: there may be work in any */
  ring(queue: string | null): void {
    for (const { queues, ring } of this.#sleepers) if (queue === null || queues.includes(queue)) ring();
  }

  /** Begins to serve a claim that sleeps until there is work in this queue; null if there is none. */
  serve(queue: string): Service | null {
    for (const { queues, beServed } of this.#sleepers) {
      const service = queues.includes(queue) ? beServed() : null;
      if (service !== null) return service;
    }
    return null;
  }

  /**
   * Resolves when there may be work for a claim, or after `ms`; or sooner, and then looking does no harm.
   *
   * @param isForOthers - the markers that are set are for somebody else
   * @returns what was claimed for it meanwhile, if somebody did
   */
  async sleep(request: ClaimRequest, ms: number, isForOthers: boolean): Promise<Claimed | null> {
    const { signal } = request;
    if (ms <= 0 || this.#isClosed || signal?.aborted) return null;
    const rung = Promise.withResolvers<void>();
    const ring = (): void => rung.resolve();
    const sleeper = new Asleep(request, ring);
    this.#sleepers.add(sleeper);
    signal?.addEventListener("abort", ring);
    try {
      const most = Math.min(ms, POLL_MS);
      await (isForOthers ? this.#pause(most, rung.promise) : this.#block(sleeper.queues, most, rung.promise));
    } finally {
      signal?.removeEventListener("abort", ring);
      this.#sleepers.delete(sleeper);
    }
    return sleeper.served;
  }

  /** Ends what waits. Twice is fine. */
  close(): void {
    this.#isClosed = true;
    this.ring(null);
    for (const link of this.#links) link.close();
  }

  async #block(queues: readonly string[], ms: number, rung: Promise<void>): Promise<void> {
    const link = this.#free.pop() ?? this.#newLink();
    const client = link.open;
    if (client === null) {
      await this.#connect(link, ms, rung);
      this.#free.push(link);
      return;
    }
    // Who is rung leaves, and who gets no answer in time; what blocks goes on to its end, and what it then takes off
    // goes back.
    let isLeft = false;
    const awake = new AbortController();
    const answered = this.#popped(link, client, queues, ms).then(async (marker) => {
      if (isLeft && marker !== null) await this.#putBack(marker).catch(() => {});
      this.#free.push(link);
    });
    await Promise.race([answered, rung, this.#ports.sleep(ms, awake.signal)]);
    isLeft = true;
    awake.abort("awake");
  }

  /** Null if there was none in that time, or the connection broke. */
  async #popped(link: Link, client: Client, queues: readonly string[], ms: number): Promise<Marker | null> {
    const { epoch } = link;
    const answered = new AbortController();
    void this.#ports.sleep(ms + LATE_MS, answered.signal).then(() => {
      if (!answered.signal.aborted) link.cut(epoch);
    });
    try {
      const blockMs = Math.max(SHORTEST_MS, ms - EARLY_MS);
      return await client.bzpopmin(
        ...queues.map((queue) => `${this.#options.prefix}:${queue}:marker`),
        blockMs / 1_000,
      );
    } catch {
      return null;
    } finally {
      answered.abort("answered");
    }
  }

  async #pause(ms: number, rung: Promise<void>): Promise<void> {
    const awake = new AbortController();
    await Promise.race([this.#ports.sleep(ms, awake.signal), rung]);
    awake.abort("awake");
  }

  /** Until there is a connection: what came meanwhile is found by looking. */
  async #connect(link: Link, ms: number, rung: Promise<void>): Promise<void> {
    const awake = new AbortController();
    // One that fails has no other way to tell how long to pause before the next look.
    const ready = link.ready().then(
      () => {},
      () => this.#ports.sleep(ms, awake.signal),
    );
    await Promise.race([ready, rung]);
    awake.abort("awake");
  }

  #newLink(): Link {
    const link = newLink(this.#options, "waits");
    this.#links.add(link);
    return link;
  }
}

class Asleep implements Sleeper {
  readonly queues: readonly string[];
  readonly ring: () => void;
  readonly #request: ClaimRequest;
  #served: Promise<Claimed> | null = null;

  constructor(request: ClaimRequest, ring: () => void) {
    this.queues = request.queues.map(({ queue }) => queue);
    this.ring = ring;
    this.#request = request;
  }

  /** What was claimed for it; rejects if that failed. */
  get served(): Promise<Claimed> | null {
    return this.#served;
  }

  readonly beServed = (): Service | null => {
    if (this.#served !== null) return null;
    const { promise, resolve, reject } = Promise.withResolvers<Claimed>();
    this.#served = promise;
    // Who sleeps asks for it later, and may not any more when it fails.
    promise.catch(() => {});
    const wakeUp = (end: () => void): void => {
      end();
      this.ring();
    };
    return {
      request: this.#request,
      give: (claimed) => wakeUp(() => resolve(claimed)),
      fail: (error) => wakeUp(() => reject(error)),
    };
  };
}
