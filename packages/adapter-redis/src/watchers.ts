/** Who wants to know that something changed: told once for all that one turn of the loop brought. */

import type { Hint } from "@jobyard/core/adapter";

interface Watcher {
  readonly onHint: (hint: Hint) => void;
}

export class Watchers {
  readonly #watchers = new Set<Watcher>();
  #untold: Set<string | null> | null = null;

  /** @returns what ends it */
  add(onHint: (hint: Hint) => void): () => void {
    const watcher: Watcher = { onHint };
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /** @param queue - in which something changed; null: in any */
  touch(queue: string | null): void {
    if (this.#watchers.size === 0) return;
    if (this.#untold === null) {
      this.#untold = new Set();
      queueMicrotask(() => this.#tell());
    }
    this.#untold.add(queue);
  }

  clear(): void {
    this.#watchers.clear();
  }

  /** To each by itself, so that one that throws keeps nobody else from hearing. */
  #tell(): void {
    const queues = [...(this.#untold ?? [])];
    this.#untold = null;
    const hint: Hint = { queues: queues.includes(null) ? null : queues.filter((queue) => queue !== null) };
    for (const watcher of this.#watchers) queueMicrotask(() => this.#watchers.has(watcher) && watcher.onHint(hint));
  }
}
