/** Tries again by itself what a moment later may succeed, if nothing of the first try can have been kept. */

import type { Ports } from "@jobyard/core/adapter";
import { type Remedy, remedyFor } from "./faults.ts";

/** How far a try had come when it failed. */
export type Reach =
  /** There was no connection to send it on. */
  | "unsent"
  /** Nothing of it was kept, or it only read. */
  | "undone"
  /** It may have been carried out, and the answer lost: only the caller can find out. */
  | "unknown";

export class Failed extends Error {
  override readonly name: string = "Failed";
  readonly reach: Reach;

  constructor(reach: Reach, cause: unknown) {
    super("", { cause });
    this.reach = reach;
  }
}

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1_000;

/** A server that nobody reaches is told at once: those who call know better what to do meanwhile. */
const AGAIN: Readonly<Record<Remedy, readonly Reach[]>> = {
  none: [],
  passing: ["unsent", "undone"],
  reconnect: ["undone"],
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
      if (!AGAIN[remedyFor(error.cause)].includes(error.reach)) throw error.cause;
      const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS) * (0.5 + ports.random() / 2);
      if (ports.monotonic() + pauseMs >= end) throw error.cause;
      await ports.sleep(pauseMs);
    }
  }
}
