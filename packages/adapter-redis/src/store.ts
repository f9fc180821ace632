/**
 * One yard on one Redis: its connections, whoever runs scripts on it, and those who wait for something to happen.
 *
 * Scripts publish what they changed: in which queue something is different (for those who watch), and in which there is
 * work that BullMQ's marker does not tell of (for claims that wait).
 */

import type { Diagnosis, Hint, Ports, QueueError } from "@jobyard/core/adapter";
import {
  type Argument,
  type InstalledBullMQ,
  installedBullMQ,
  layoutFault,
  Queues,
  type RunnableScript,
  scriptRunner,
} from "./bullmq.ts";
import type { Calls, Kind } from "./calls.ts";
import { type Connections, newConnections } from "./connections.ts";
import type { Client } from "./driver.ts";
import { examine } from "./examine/examine.ts";
import { danglingScript } from "./lua/read/dangling.lua.ts";
import { Markers } from "./markers.ts";
import type { CheckedOptions } from "./options.ts";
import { type Script, textOf } from "./script.ts";
import type { Scripts } from "./scripts.ts";
import { isClusterClient } from "./target.ts";
import { Watchers } from "./watchers.ts";

/** Of the jobs that others may have deleted. */
const MOST_LOOKED_AT = 1_000;

export class Store implements Scripts {
  readonly options: CheckedOptions;
  /** What our own keys begin with. */
  readonly root: string;
  readonly markers: Markers;
  readonly #connections: Connections;
  readonly #queues: Queues;
  readonly #watchers = new Watchers();
  /** Channels: what there is to do, and what has changed. */
  readonly #wakes: string;
  readonly #hints: string;
  readonly #closing = new AbortController();
  /** As they are sent: their text depends on the clock and the fleet. */
  readonly #runnable = new Map<Script, RunnableScript>();
  /** Why nothing is written. */
  readonly #fault: QueueError | null;

  /** Connects to nothing yet. */
  constructor(options: CheckedOptions, installed: InstalledBullMQ = installedBullMQ()) {
    this.options = options;
    this.#fault = layoutFault(options.fleet, installed);
    this.root = `${options.prefix}::`;
    this.#wakes = `${this.root}wake`;
    this.#hints = `${this.root}hints`;
    this.#connections = newConnections(options, {
      channels: [this.#wakes, this.#hints],
      onMessage: (channel, queue) =>
        // No queue has an empty name: what changed is of none of them.
        channel === this.#wakes ? this.markers.ring(queue) : this.#watchers.touch(queue === "" ? null : queue),
      onHearing: () => this.#missed(),
    });
    this.#queues = new Queues(options.prefix);
    this.markers = new Markers(options, ([key, member, score]) =>
      // One that was set meanwhile may tell of a job that is due sooner.
      this.ask((client) => client.zadd(key, "LT", score, member)),
    );
  }

  get prefix(): string {
    return this.options.prefix;
  }

  /** No stock workers are on the queues. */
  get isOwn(): boolean {
    return this.options.fleet === "own";
  }

  get ports(): Ports {
    return this.options.ports;
  }

  get calls(): Calls {
    return this.#connections.calls;
  }

  /** Aborted when the store is closed. */
  get closed(): AbortSignal {
    return this.#closing.signal;
  }

  /** @throws QueueError `STORE_UNSAFE` beside an unknown BullMQ, if the script writes; as {@link Calls.run} */
  async run(script: Script, ...args: readonly Argument[]): Promise<unknown> {
    this.#assertAllowed(script);
    const runnable = this.runnableOf(script);
    return this.calls.run(kindOf(script), (client) => scriptRunner(client).run(runnable, this.keysOn(client), args));
  }

  async runForBuffers(script: Script, ...args: readonly Argument[]): Promise<unknown> {
    this.#assertAllowed(script);
    const runnable = this.runnableOf(script);
    return this.calls.run(kindOf(script), (client) =>
      scriptRunner(client).runForBuffers(runnable, this.keysOn(client), args),
    );
  }

  /**
   * What a script names as its keys. While a cluster moves the yard's slot, one node has some of the keys and another
   * one the rest. A script that names two keys, and these two there never are, is refused by both nodes until all keys
   * are in one place; one key alone would have it run on the half that has arrived.
   */
  keysOn(client: Client): readonly string[] {
    return isClusterClient(client) ? [this.root, `${this.root}none`] : [this.root];
  }

  #assertAllowed({ reads }: Script): void {
    if (this.#fault !== null && !reads) throw this.#fault;
  }

  /** For single commands that do no harm if they come twice. */
  ask<T>(work: (client: Client) => Promise<T>): Promise<T> {
    return this.calls.run("only reads", work);
  }

  /** @throws QueueError `STORE_UNAVAILABLE`, `STORE_UNSAFE`, as {@link Calls.run} */
  async assertUsable(): Promise<void> {
    if (this.#fault !== null) throw this.#fault;
    await this.ask((client) => client.ping());
  }

  /** BullMQ's own object of a queue; nothing is written by asking for it. */
  queue(name: string): ReturnType<Queues["get"]> {
    return this.calls.run("may write", (client) => this.#queues.get(name, client));
  }

  /** What a person should know about it; also of a server that was refused. */
  async examine(): Promise<readonly Diagnosis[]> {
    const { subscriber } = this.#connections;
    this.calls.assertOpen();
    const hearing = await subscriber.tried();
    return examine({
      ...this.options,
      ...{ hearing, deafness: subscriber.reason },
      run: (look) => this.calls.run("only looks", look),
      now: () => this.ports.now(),
      dangling: (client) => this.#dangling(client),
    });
  }

  async #dangling(client: Client): Promise<{ readonly jobs: number; readonly all: boolean }> {
    const script = this.runnableOf(danglingScript);
    const [jobs, all] = (await scriptRunner(client).run(script, this.keysOn(client), [MOST_LOOKED_AT])) as [
      number,
      0 | 1,
    ];
    return { jobs, all: all === 1 };
  }

  /** Begins to hear of work that others tell of. Twice is fine. */
  hear(): void {
    this.#connections.subscriber.hear(this.#wakes);
  }

  /** @returns what ends it */
  watch(onHint: (hint: Hint) => void): () => void {
    this.calls.assertOpen();
    this.#connections.subscriber.hear(this.#hints);
    return this.#watchers.add(onHint);
  }

  /** Waits a moment for what runs. Twice is fine. */
  async close(): Promise<void> {
    this.#closing.abort("closed");
    this.#watchers.clear();
    this.markers.close();
    await this.#queues.close();
    await this.#connections.close();
  }

  /** What was said while nobody listened. */
  #missed(): void {
    this.markers.ring(null);
    this.#watchers.touch(null);
  }

  /** As it is sent by those who send it themselves. */
  runnableOf(script: Script): RunnableScript {
    const known = this.#runnable.get(script);
    if (known !== undefined) return known;
    const { clock, fleet } = this.options;
    const made = { name: `jobyard:${script.name}`, lua: textOf(script, clock, fleet === "mixed-v5") };
    this.#runnable.set(script, made);
    return made;
  }
}

const kindOf = ({ reads }: Script): Kind => (reads ? "only reads" : "may write");
