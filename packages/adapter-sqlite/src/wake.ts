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
 * after the log was written the counter is looked at again, until a commit is seen. The last pause repeats for what
 * a slow disk needs; a write that is not visible then was most likely rolled back.
 */
const AFTER_WRITE_MS: readonly number[] = [1, 4, 15, 50, ...Array.from({ length: 25 }, () => 200)];

/** A pause of this length is ended by the next write; a shorter one is over soon enough. */
const LONG_PAUSE_MS = 15;
/** Why a pause ended. Without a reason of ours each would cost an exception with its stack. */
const AWAKE = "awake";

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
  /** Which of {@link AFTER_WRITE_MS} comes next; behind the last, nobody looks. */
  #pause = AFTER_WRITE_MS.length;
  #isLookingAgain = false;
  #nap: AbortController | null = null;
  /** The log may have been written by this connection only since it was last heard of. */
  #hasCommitted = false;
  /** The next look may see an earlier commit than the one that the last write is for. */
  #mayBeEarlier = false;
  /** The log was written while nobody watched: that commit may not be visible yet. */
  #isUnheard = false;
  #hasWarned = false;
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
    this.#hasCommitted = true;
    this.#hint(queues);
  }

  #hint(queues: Iterable<string | null>): void {
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
    if (!this.#isListening) this.#listen();
    else if (this.#watchers.size === 0) this.#seen = this.#version();
    this.#watchers.add(watcher);
    if (this.#isUnheard) this.#beginLooking();
    return () => this.#watchers.delete(watcher);
  }

  close(): void {
    this.#watchers.clear();
    this.#stop.abort();
    this.#nap?.abort(AWAKE);
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
    this.#seen = this.#version();
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

  #watchLog(log: string): void {
    try {
      this.#file = watch(log, { persistent: false }, (event) => {
        if (event === "rename") this.#unwatchLog();
        this.#onWritten();
      });
      this.#file.on("error", (error) => this.#doWithout(log, error));
    } catch (error) {
      this.#doWithout(log, error);
    }
  }

  #unwatchLog(): void {
    this.#file?.close();
    this.#file = null;
  }

  /** Where the file cannot be watched, the floor has to do. One that is not there yet is no news. */
  #doWithout(log: string, error: unknown): void {
    this.#unwatchLog();
    if (this.#hasWarned || isMissing(error)) return;
    this.#hasWarned = true;
    const why = error instanceof Error ? error.message : String(error);
    process.emitWarning(`${log} cannot be watched: changes of other processes are seen once a second. ${why}`, {
      type: "JobyardWarning",
    });
  }

  #onWritten(): void {
    if (this.#watchers.size === 0) {
      this.#isUnheard = true;
      return;
    }
    // After a commit of our own the first look can wait for the first pause.
    if (!this.#hasCommitted) this.#look();
    this.#mayBeEarlier = this.#hasCommitted;
    this.#hasCommitted = false;
    this.#beginLooking();
  }

  /** Each write of the log begins with the first pause. */
  #beginLooking(): void {
    this.#isUnheard = false;
    this.#pause = 0;
    this.#nap?.abort(AWAKE);
    if (!this.#isLookingAgain) void this.#lookAgain();
  }

  async #lookAgain(): Promise<void> {
    this.#isLookingAgain = true;
    for (let ms = AFTER_WRITE_MS[this.#pause]; ms !== undefined; ms = AFTER_WRITE_MS[this.#pause]) {
      this.#pause += 1;
      this.#nap = ms < LONG_PAUSE_MS ? null : new AbortController();
      await this.#source.ports.sleep(ms, this.#nap?.signal);
      this.#nap = null;
      if (this.#stop.signal.aborted) return;
      const isSeen = this.#look();
      if (isSeen && !this.#mayBeEarlier) this.#pause = AFTER_WRITE_MS.length;
      this.#mayBeEarlier = false;
    }
    this.#isLookingAgain = false;
  }

  /** True if another connection has committed since. */
  #look(): boolean {
    if (this.#stop.signal.aborted) return false;
    const version = this.#version();
    if (version === this.#seen) return false;
    this.#seen = version;
    this.#hint([null]);
    return true;
  }

  /** A file that cannot be read counts as changed: whoever looks again meets the error where it can be told. */
  #version(): unknown {
    try {
      return this.#source.version();
    } catch {
      return Symbol("unreadable");
    }
  }
}

const isMissing = (error: unknown): boolean => error instanceof Error && "code" in error && error.code === "ENOENT";
