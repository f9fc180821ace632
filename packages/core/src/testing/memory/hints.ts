/** Who wants to know that something changed. Told after the step, once for all that one turn of the loop changed. */

import type { Hint } from "../../contract/adapter.ts";

export interface Hints {
  /** Something in this queue changed; `null`: something that belongs to no queue. */
  touch(queue: string | null): void;
  watch(onHint: (hint: Hint) => void): () => void;
}

export function createHints(): Hints {
  const watchers = new Set<{ readonly onHint: (hint: Hint) => void }>();
  let touched: Set<string | null> | null = null;

  function tell(): void {
    const queues = [...(touched ?? [])];
    touched = null;
    const hint: Hint = { queues: queues.includes(null) ? null : queues.filter((queue) => queue !== null) };
    // Each by itself, so that one that throws keeps nobody else from hearing.
    for (const watcher of watchers) queueMicrotask(() => watchers.has(watcher) && watcher.onHint(hint));
  }

  return {
    touch(queue) {
      if (watchers.size === 0) return;
      if (touched === null) {
        touched = new Set();
        queueMicrotask(tell);
      }
      touched.add(queue);
    },
    watch(onHint) {
      const watcher = { onHint };
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
  };
}
