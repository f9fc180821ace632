/** Tries again by itself what a moment later may succeed, if nothing of the first try can have been kept. */

import type { Ports } from "@jobyard/core/adapter";
import { type Remedy, remedyFor } from "./faults.ts";

/** How far a try had come when it failed. */
export type Reach =
  /** Nothing was sent. */
  | "unsent"
  /** Nothing of it was kept, or it only read. */
  | "undone"
  /** It may have been committed, and the answer lost: only the caller can find out. */
  | "unknown";

export class Failed extends Error {
  override readonly name: string = "Failed";
  readonly reach: Reach;

  constructor(reach: Reach, cause: unknown) {
    super("", { cause });
    this.reach = reach;
  }
}

interface Pauses {
  readonly firstMs: number;
  readonly longestMs: number;
}

const CONTENTION: Pauses = { firstMs: 2, longestMs: 100 };
const PASSING: Pauses = { firstMs: 50, longestMs: 1_000 };

/** A server that nobody reaches is told at once: those who call know better what to do meanwhile. */
const PAUSES: Readonly<Record<Remedy, Readonly<Record<Reach, Pauses | null>>>> = {
  none: { unsent: null, undone: null, unknown: null },
  contention: { unsent: CONTENTION, undone: CONTENTION, unknown: null },
  passing: { unsent: PASSING, undone: PASSING, unknown: null },
  reconnect: { unsent: null, undone: PASSING, unknown: null },
};

/**
 * @param end - on the monotonic clock: no try begins after it
 * @param attempt - throws {@link Failed}, or what is not to be tried again
 * @throws the cause of the last failure
 */
export async function patiently<T>(ports: Ports, end: number, attempt: () => Promise<T>): Promise<T> {
  for (let failures = 0; ; failures++) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof Failed)) throw error;
      const pauses = PAUSES[remedyFor(error.cause)][error.reach];
      if (pauses === null) throw error.cause;
      const pauseMs = Math.min(pauses.firstMs * 2 ** failures, pauses.longestMs) * (0.5 + ports.random() / 2);
      if (ports.monotonic() + pauseMs >= end) throw error.cause;
      await ports.sleep(pauseMs);
    }
  }
}
