/**
 * Queues that only programs with BullMQ know of: there is no list of them, but a key for each, among all others. They
 * are looked for when a process first asks, for as long as a search may take, and then a little with each question,
 * however many keys there are.
 */

import { LONGEST_SEARCH_MS } from "@jobyard/core/adapter";
import { discoverScript } from "../lua/read/overview.lua.ts";
import type { Readable } from "./store.ts";

/** How many keys the server goes through in one call, which takes it a millisecond or two. */
const KEYS_AT_ONCE = 1_000;
/** A new round through all keys begins this long after the last one, at the earliest. */
const PAUSE_MS = 5_000;

const START = "0";

export class Discovery {
  readonly #store: Readable;
  /** What the last round found. */
  #known: ReadonlySet<string> = new Set();
  #found = new Set<string>();
  #cursor = START;
  #isFirstRound = true;
  #isFirstQuestion = true;
  #lastEnd = 0;
  #running: Promise<void> | null = null;

  constructor(store: Readable) {
    this.#store = store;
  }

  /** Those known by now. */
  async names(): Promise<readonly string[]> {
    this.#running ??= this.#goOn().finally(() => {
      this.#running = null;
    });
    await this.#running;
    return [...new Set([...this.#known, ...this.#found])];
  }

  async #goOn(): Promise<void> {
    const { ports } = this.#store;
    const begun = ports.monotonic();
    const isPause = this.#cursor === START && !this.#isFirstRound && begun - this.#lastEnd < PAUSE_MS;
    const end = this.#isFirstQuestion ? begun + LONGEST_SEARCH_MS : begun;
    if (!isPause) while (!(await this.#step()) && ports.monotonic() < end);
    this.#isFirstQuestion = false;
  }

  /** True at the end of a round. */
  async #step(): Promise<boolean> {
    const answer = await this.#store.run(discoverScript, this.#cursor, KEYS_AT_ONCE);
    const [cursor, names] = answer as readonly [string, readonly string[]];
    // A name holds no colon: other keys of BullMQ's and of ours end the same.
    for (const name of names) if (name !== "" && !name.includes(":")) this.#found.add(name);
    this.#cursor = cursor;
    if (cursor !== START) return false;
    this.#known = this.#found;
    this.#found = new Set();
    this.#isFirstRound = false;
    this.#lastEnd = this.#store.ports.monotonic();
    return true;
  }
}
