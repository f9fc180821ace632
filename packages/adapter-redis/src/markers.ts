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
  /** Null: nothing was done, and it looks by itself. */
  readonly give: (claimed: Claimed | null) => void;
  /** Nobody knows whether something was claimed. */
  readonly fail: (error: unknown) => void;
}

/** A command that blocks. */
interface Block {
  readonly queues: readonly string[];
  /** Who follows the marker that it takes off; if nobody does, that goes back. */
  sleeper: Asleep | null;
  readonly ended: Promise<void>;
}

export class Markers {
  readonly #options: CheckedOptions;
  readonly #ports: Ports;
  readonly #putBack: PutBack;
  readonly #free: Link[] = [];
  readonly #links = new Set<Link>();
  readonly #blocks = new Set<Block>();
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
      await (isForOthers ? this.#pause(most, rung.promise) : this.#block(sleeper, most, rung.promise));
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

  /** Who is rung leaves, and who gets no answer in time. What blocks goes on to its end: for the next one, if there is. */
  async #block(sleeper: Asleep, ms: number, rung: Promise<void>): Promise<void> {
    const block = this.#taken(sleeper) ?? (await this.#begun(sleeper, ms, rung));
    if (block === null) return;
    const awake = new AbortController();
    await Promise.race([block.ended, rung, this.#ports.sleep(ms, awake.signal)]);
    block.sleeper = null;
    awake.abort("awake");
  }

  /** One that was left: a connection for each time that somebody is rung would be hundreds, each in the way of markers. */
  #taken(sleeper: Asleep): Block | null {
    for (const block of this.#blocks) {
      if (block.sleeper !== null || block.queues.join(":") !== sleeper.queues.join(":")) continue;
      block.sleeper = sleeper;
      return block;
    }
    return null;
  }

  /** Null if there was no connection to block on. */
  async #begun(sleeper: Asleep, ms: number, rung: Promise<void>): Promise<Block | null> {
    const { queues } = sleeper;
    const link = this.#free.pop() ?? this.#newLink();
    const client = link.open;
    if (client === null) {
      await this.#connect(link, ms, rung);
      this.#free.push(link);
      return null;
    }
    const answered = this.#popped(link, client, queues, ms);
    const block: Block = { queues, sleeper, ended: answered.then((marker) => this.#end(block, link, marker)) };
    this.#blocks.add(block);
    return block;
  }

  async #end(block: Block, link: Link, marker: Marker | null): Promise<void> {
    this.#blocks.delete(block);
    // Who was served looks no more, and what was served may have been before the marker.
    const isFollowed = block.sleeper !== null && block.sleeper.served === null;
    if (marker !== null && !isFollowed) await this.#putBack(marker).catch(() => {});
    this.#free.push(link);
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
  #served: Promise<Claimed | null> | null = null;

  constructor(request: ClaimRequest, ring: () => void) {
    this.queues = request.queues.map(({ queue }) => queue);
    this.ring = ring;
    this.#request = request;
  }

  /** What was claimed for it; rejects if that failed. */
  get served(): Promise<Claimed | null> | null {
    return this.#served;
  }

  readonly beServed = (): Service | null => {
    if (this.#served !== null) return null;
    const { promise, resolve, reject } = Promise.withResolvers<Claimed | null>();
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
