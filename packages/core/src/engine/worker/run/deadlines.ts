/**
 * Many deadlines, one timer. Jobs of one type end in the order in which they began, so the timer is set anew
 * only when the earliest deadline changes, not once per job.
 */

import type { Ports } from "../../../nouns/ports.ts";

export interface Deadlines<K> {
  /** @param at - on the monotonic clock */
  add(key: K, at: number): void;
  drop(key: K): void;
  /** No more calls after this. */
  close(): void;
}

/** An abort without a reason makes an exception with its stack, which is more than all else that is done here. */
const SET_ANEW = "set anew";

/** @param onOver - called once per key whose time has come, and which was dropped before that */
export function createDeadlines<K>(ports: Ports, onOver: (key: K) => void): Deadlines<K> {
  const deadlines = new Map<K, number>();
  let wakeAt = Number.POSITIVE_INFINITY;
  let timer: AbortController | null = null;

  const arm = (at: number): void => {
    timer?.abort(SET_ANEW);
    const own = new AbortController();
    timer = own;
    wakeAt = at;
    void ports.sleep(Math.max(0, at - ports.monotonic()), own.signal).then(() => {
      if (!own.signal.aborted) wake();
    });
  };

  const wake = (): void => {
    timer = null;
    wakeAt = Number.POSITIVE_INFINITY;
    const now = ports.monotonic();
    const over = [...deadlines].filter(([, at]) => at <= now);
    for (const [key] of over) deadlines.delete(key);
    // Before the calls: what they add finds the timer set.
    if (deadlines.size > 0) arm(Math.min(...deadlines.values()));
    for (const [key] of over) onOver(key);
  };

  return {
    add: (key, at) => {
      deadlines.set(key, at);
      if (at < wakeAt) arm(at);
    },
    drop: (key) => {
      deadlines.delete(key);
    },
    close: () => {
      deadlines.clear();
      timer?.abort(SET_ANEW);
      timer = null;
      wakeAt = Number.POSITIVE_INFINITY;
    },
  };
}
