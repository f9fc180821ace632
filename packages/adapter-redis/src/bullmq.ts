/**
 * BullMQ beside our own scripts: which version is installed, its `Queue` objects over our connection, and a way to run
 * scripts of ours as its own are run, by `defineCommand` on the client that its backend shares with us.
 */

import { createRequire } from "node:module";
import { QueueError } from "@jobyard/core/adapter";
import { Queue } from "bullmq";
import type { Client } from "./driver.ts";
import type { Fleet } from "./options.ts";

export interface InstalledBullMQ {
  /** As its package says it. */
  readonly version: string;
  /** Its layout is one that our scripts were compared with. */
  readonly tested: boolean;
}

/** `>=6.4 <7`, and every 6.x that the keyspace test has seen. */
const MAJOR = 6;
const OLDEST_MINOR = 4;
const NEWEST_MINOR = 7;
export const TESTED_BULLMQ: string = `${MAJOR}.${OLDEST_MINOR} to ${MAJOR}.${NEWEST_MINOR}`;

/** Read from the package that this one imports. */
export function installedBullMQ(): InstalledBullMQ {
  const { version } = createRequire(import.meta.url)("bullmq/package.json") as { readonly version: string };
  return { version, tested: isTested(version) };
}

export function isTested(version: string): boolean {
  const [, major, minor] = /^(\d+)\.(\d+)\.\d+$/.exec(version) ?? [];
  return Number(major) === MAJOR && Number(minor) >= OLDEST_MINOR && Number(minor) <= NEWEST_MINOR;
}

/**
 * Why scripts of ours may write nothing, or null. Its programs and ours have to mean the same by every key; where nobody
 * but ours works on the queues the layout is what ours says it is.
 */
export function layoutFault(fleet: Fleet, { version, tested }: InstalledBullMQ): QueueError | null {
  if (tested || fleet === "own") return null;
  return new QueueError(
    "STORE_UNSAFE",
    `BullMQ ${version} is installed, and what its programs and ours would write beside each other (fleet=${fleet}) was compared for ${TESTED_BULLMQ} only. Install bullmq@${MAJOR}.${NEWEST_MINOR} or a newer @jobyard/adapter-redis; until then this one only reads`,
    { field: "fleet" },
  );
}

/** BullMQ's own objects, made when they are first asked for. */
export class Queues {
  readonly #prefix: string;
  readonly #made = new Map<string, Made>();

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /**
   * The queue over this client, which is ready. Nothing is written by making it, and closing it leaves the client open.
   *
   * @throws what BullMQ met while it looked at the server; the next call tries again
   */
  async get(name: string, client: Client): Promise<Queue> {
    const known = this.#made.get(name);
    if (known !== undefined && known.client === client) return known.ready;
    const queue = new Queue(name, { connection: client, prefix: this.#prefix, skipMetasUpdate: true });
    // What goes wrong is told by the call that it goes wrong for.
    queue.on("error", () => {});
    const ready = queue.waitUntilReady().then(() => queue);
    this.#made.set(name, { client, ready });
    try {
      return await ready;
    } catch (error) {
      if (this.#made.get(name)?.ready === ready) this.#made.delete(name);
      throw error;
    }
  }

  async close(): Promise<void> {
    const made = [...this.#made.values()];
    this.#made.clear();
    // Those that never became ready have nothing to close.
    await Promise.allSettled(made.map(async ({ ready }) => (await ready).close()));
  }
}

interface Made {
  readonly client: Client;
  readonly ready: Promise<Queue>;
}

/** Lua that is run by its name. */
export interface RunnableScript {
  /** Unique among our scripts. */
  readonly name: string;
  readonly lua: string;
}

export type Argument = string | number | Buffer;

export interface ScriptRunner {
  /**
   * Runs it on the node that has the first key. Texts in the reply are strings.
   *
   * A connection gets the text once and its digest from then on; a server that has forgotten it (SCRIPT FLUSH, a
   * restart) gets the text again, once, in which case nothing had been done.
   *
   * @throws what the driver throws
   */
  run(script: RunnableScript, keys: readonly string[], args: readonly Argument[]): Promise<unknown>;
  /** What the command is called on this client, for those who send it in a transaction. */
  named(script: RunnableScript): string;
  /** The same as `run`; texts in the reply are Buffers. */
  runForBuffers(script: RunnableScript, keys: readonly string[], args: readonly Argument[]): Promise<unknown>;
}

const runners = new WeakMap<Client, ScriptRunner>();

/** One for each client: what is registered stays with it over its reconnects. */
export function scriptRunner(client: Client): ScriptRunner {
  let runner = runners.get(client);
  if (runner === undefined) {
    runner = new Runner(client);
    runners.set(client, runner);
  }
  return runner;
}

/** Beside the commands of Redis (`append`, `expire`) and BullMQ's scripts (`addStandardJob:6.7.0`). */
const commandName = ({ name }: RunnableScript): string => `jobyard:${name}`;

type Command = (...args: readonly (Argument | readonly Argument[])[]) => Promise<unknown>;

class Runner implements ScriptRunner {
  readonly #client: Client;
  readonly #commands = new Map<RunnableScript, { readonly texts: Command; readonly buffers: Command }>();

  constructor(client: Client) {
    this.#client = client;
  }

  run(script: RunnableScript, keys: readonly string[], args: readonly Argument[]): Promise<unknown> {
    return this.#command(script).texts(keys.length, ...keys, ...args);
  }

  named(script: RunnableScript): string {
    this.#command(script);
    return commandName(script);
  }

  runForBuffers(script: RunnableScript, keys: readonly string[], args: readonly Argument[]): Promise<unknown> {
    return this.#command(script).buffers(keys.length, ...keys, ...args);
  }

  #command(script: RunnableScript): { readonly texts: Command; readonly buffers: Command } {
    const known = this.#commands.get(script);
    if (known !== undefined) return known;
    const name = commandName(script);
    this.#client.defineCommand(name, { lua: script.lua });
    const commands = this.#client as unknown as Readonly<Record<string, Command>>;
    const [texts, buffers] = [commands[name], commands[`${name}Buffer`]];
    if (texts === undefined || buffers === undefined) throw new TypeError(`the driver did not take ${name}`);
    const command = { texts: texts.bind(this.#client), buffers: buffers.bind(this.#client) };
    this.#commands.set(script, command);
    return command;
  }
}
