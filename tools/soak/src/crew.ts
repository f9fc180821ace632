/** The processes of a soak, as their parent sees them. */

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { EMPTY, type Ledger } from "./ledger.ts";
import type { Note, Order, Task } from "./messages.ts";
import type { ProcessSample } from "./sample.ts";

const SCRIPT = fileURLToPath(new URL("./child.ts", import.meta.url));

export class Member {
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | null>;
  #note: Note = { ledger: EMPTY, rss: 0, heap: 0 };
  #isStopping = false;

  /** @param onNote - called after each note; @param onLost - called if it ends without being asked to */
  constructor(name: string, task: Task, onNote: () => void, onLost: (error: Error) => void) {
    this.name = name;
    this.#child = fork(SCRIPT, [JSON.stringify(task)], { execArgv: ["-C", "@jobyard/source"] });
    this.#child.on("message", (note: Note) => {
      this.#note = note;
      onNote();
    });
    this.#ended = once(this.#child, "exit").then(([code]) => {
      if (!this.#isStopping) onLost(new Error(`${name} (process ${this.#child.pid}) ended by itself, code ${code}`));
      return code as number | null;
    });
  }

  get ledger(): Ledger {
    return this.#note.ledger;
  }

  get sample(): ProcessSample {
    return { name: this.name, rss: this.#note.rss, heap: this.#note.heap };
  }

  /** One that is ending is told nothing more; that it is gone, its end tells. */
  tell(order: Order): void {
    if (this.#child.connected && !this.#isStopping) this.#child.send(order, () => {});
  }

  /** Resolves once it is gone and its last note is here. @throws Error if it did not end well */
  async stop(): Promise<void> {
    this.tell({ kind: "stop" });
    this.#isStopping = true;
    const code = await this.#ended;
    if (code !== 0) throw new Error(`${this.name} ended with code ${code}`);
  }

  kill(): void {
    this.#isStopping = true;
    this.#child.kill("SIGKILL");
  }
}
