/**
 * Says "look again". Changes of this connection are told directly; those of other connections, in this process or
 * another, are seen by a watch on the write-ahead log, and at the latest by a look at SQLite's change counter.
 */

import { type FSWatcher, watch } from "node:fs";
import type { Hint, Ports } from "@jobyard/core/adapter";

/** The change counter is looked at this often, in case the file system tells nothing. */
const FLOOR_MS = 1_000;
/**
 * Another process writes the log first and makes its commit visible after, with a flush to disk between them: so
 * the counter is looked at again this long after the log was written, each time if nothing was seen before.
 */
const AFTER_WRITE_MS = [1, 4, 15, 50, 200] as const;

interface Watcher {
  readonly onHint: (hint: Hint) => void;
}

export interface WakeSource {
  readonly ports: Ports;
  /** The file that other connections write first; `null` if there can be none. */
  readonly log: string | null;
  /** Changes whenever another connection committed. */
  readonly version: () => unknown;
}

export class Wake {
  readonly #source: WakeSource;
  readonly #watchers = new Set<Watcher>();
  readonly #stop = new AbortController();
  #touched: Set<string | null> | null = null;
  #seen: unknown;
  #isListening = false;
  #isLookingAgain = false;
  #file: FSWatcher | null = null;

  constructor(source: WakeSource) {
    this.#source = source;
  }

  /** Aborted by {@link close}. */
  get closed(): AbortSignal {
    return this.#stop.signal;
  }

  /** After a commit of this connection. */
  tell(queues: Iterable<string | null>): void {
    if (this.#watchers.size === 0) return;
    if (this.#touched === null) {
      this.#touched = new Set();
      queueMicrotask(() => this.#flush());
    }
    for (const queue of queues) this.#touched.add(queue);
  }

  /** What was committed before this call is not told. */
  watch(onHint: (hint: Hint) => void): () => void {
    const watcher: Watcher = { onHint };
    this.#watchers.add(watcher);
    if (!this.#isListening) this.#listen();
    return () => this.#watchers.delete(watcher);
  }

  close(): void {
    this.#watchers.clear();
    this.#stop.abort();
    this.#file?.close();
  }

  #flush(): void {
    const queues = [...(this.#touched ?? [])];
    this.#touched = null;
    if (queues.length === 0) return;
    const hint: Hint = { queues: queues.includes(null) ? null : queues.filter((queue) => queue !== null) };
    // Each by itself, so that one that throws keeps nobody else from hearing.
    for (const watcher of this.#watchers) queueMicrotask(() => this.#watchers.has(watcher) && watcher.onHint(hint));
  }

  #listen(): void {
    this.#isListening = true;
    if (this.#source.log === null) return;
    this.#seen = this.#source.version();
    this.#watchLog(this.#source.log);
    void this.#keepLooking(this.#source.log);
  }

  async #keepLooking(log: string): Promise<void> {
    for (;;) {
      await this.#source.ports.sleep(FLOOR_MS, this.#stop.signal);
      if (this.#stop.signal.aborted) return;
      if (this.#file === null) this.#watchLog(log);
      this.#look();
    }
  }

  /** Where the file cannot be watched (it is not there yet, or the file system cannot tell), the floor has to do. */
  #watchLog(log: string): void {
    const giveUp = (): void => {
      this.#file?.close();
      this.#file = null;
    };
    try {
      this.#file = watch(log, { persistent: false }, (event) => {
        if (event === "rename") giveUp();
        if (!this.#look()) void this.#lookAgain();
      });
      this.#file.on("error", giveUp);
    } catch {
      this.#file = null;
    }
  }

  async #lookAgain(): Promise<void> {
    if (this.#isLookingAgain) return;
    this.#isLookingAgain = true;
    for (const ms of AFTER_WRITE_MS) {
      await this.#source.ports.sleep(ms, this.#stop.signal);
      if (this.#look()) break;
    }
    this.#isLookingAgain = false;
  }

  /** True if another connection has committed since. */
  #look(): boolean {
    if (this.#stop.signal.aborted) return false;
    const version = this.#source.version();
    if (version === this.#seen) return false;
    this.#seen = version;
    this.tell([null]);
    return true;
  }
}
