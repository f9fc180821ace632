/**
 * Copies the write-ahead log into the file on a thread of its own while work goes on.
 *
 * SQLite does it by itself in every commit that makes the log too long, and whoever commits waits: 16 MiB took 30 to
 * 60 ms, during which no handler, no heartbeat and no enqueue of the process went on. A thread that is ahead of that
 * leaves it next to nothing to do. Without the thread nothing is lost but that time.
 */

import { Worker } from "node:worker_threads";
import type { ThreadData, ThreadMessage } from "./checkpoint-thread.ts";
import { synchronousOf, type Tuning } from "./file.ts";

export class Checkpointer {
  readonly #data: ThreadData;
  #thread: Worker | null = null;
  #isBusy = false;
  #isOver = false;

  constructor({ file, durability }: Pick<Tuning, "file" | "durability">) {
    this.#data = { file, synchronous: synchronousOf(durability) };
  }

  /** Asks for a checkpoint; nothing, if one is on its way. The thread begins with the first. */
  ask(): void {
    if (this.#isBusy || this.#isOver) return;
    this.#isBusy = true;
    this.#thread ??= this.#begin();
    this.#thread?.postMessage("checkpoint" satisfies ThreadMessage);
  }

  /** For good. Resolves when its connection is closed; null if there is none. */
  end(): Promise<void> | null {
    const thread = this.#thread;
    this.#giveUp();
    if (thread === null) return null;
    return new Promise((resolve) => {
      thread.once("exit", () => resolve());
      thread.ref();
      thread.postMessage("end" satisfies ThreadMessage);
    });
  }

  #begin(): Worker | null {
    try {
      const thread = new Worker(THREAD, { workerData: this.#data });
      thread.unref();
      thread.on("message", () => {
        this.#isBusy = false;
      });
      // A bundle may have no such file, a full disk refuses the copy: then SQLite does it, and says what is wrong.
      thread.on("error", () => this.#giveUp());
      return thread;
    } catch {
      this.#giveUp();
      return null;
    }
  }

  #giveUp(): void {
    this.#isOver = true;
    this.#thread = null;
  }
}

/** Beside this file, as source or built. */
const THREAD = new URL(
  import.meta.url.endsWith(".ts") ? "./checkpoint-thread.ts" : "./checkpoint-thread.js",
  import.meta.url,
);
