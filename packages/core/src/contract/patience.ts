/**
 * What the adapter of a server tries again by itself: what a moment later may succeed, if nothing of the first try can
 * have been kept.
 */

import type { Ports } from "../nouns/ports.ts";

/** When the same call may be made again by itself, provided that nothing of it was kept. */
export type Remedy =
  /** A person has to do something, or whoever calls knows better. */
  | "none"
  /** Another transaction was in the way: at once. */
  | "contention"
  /** The server is starting, ending or busy, or has no connection left: after a pause. */
  | "passing"
  /** The connection is gone, or leads to a server that takes no writes any more; with another one. */
  | "reconnect";

/** How far a try had come when it failed. */
export type Reach =
  /** Nothing was sent. */
  | "unsent"
  /** Nothing of it was kept, or it only read. */
  | "undone"
  /** It may have been carried out, and the answer lost: only the caller can find out. */
  | "unknown";

/** A try that may be made again; `cause` is what it failed with. */
export class FailedTry extends Error {
  override readonly name: string = "FailedTry";
  readonly reach: Reach;

  constructor(reach: Reach, cause: unknown) {
    super("", { cause });
    this.reach = reach;
  }
}

/** Each is twice as long as the one before, up to the longest. */
interface Pauses {
  readonly firstMs: number;
  readonly longestMs: number;
}

const CONTENTION: Pauses = { firstMs: 2, longestMs: 100 };
const PASSING: Pauses = { firstMs: 50, longestMs: 1_000 };

/** A server that nobody reaches is told at once: those who call know better what to do meanwhile. */
const PAUSES: Readonly<Record<Remedy, Readonly<Partial<Record<Reach, Pauses>>>>> = {
  none: {},
  contention: { unsent: CONTENTION, undone: CONTENTION },
  passing: { unsent: PASSING, undone: PASSING },
  reconnect: { undone: PASSING },
};

/**
 * A server that lets nobody in, or somebody in the way, is waited for, so long that the last try has some time of its
 * call left; then whoever calls has to know.
 */
const LONGEST_PATIENCE_MS = 5_000;
const PATIENCE_SHARE = 0.5;

export interface Patience {
  readonly ports: Pick<Ports, "monotonic" | "random" | "sleep">;
  /** The time of the whole call. */
  readonly callTimeoutMs: number;
  /** What helps against that which a try failed with. */
  readonly remedyFor: (cause: unknown) => Remedy;
}

/**
 * @param attempt - throws {@link FailedTry}, or what is not to be tried again
 * @throws the cause of the last failure
 */
export async function patiently<T>(
  { ports, callTimeoutMs, remedyFor }: Patience,
  attempt: () => Promise<T>,
): Promise<T> {
  const end = ports.monotonic() + Math.min(callTimeoutMs * PATIENCE_SHARE, LONGEST_PATIENCE_MS);
  for (let failures = 0; ; failures++) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof FailedTry)) throw error;
      const pauses = PAUSES[remedyFor(error.cause)][error.reach];
      if (pauses === undefined) throw error.cause;
      const pauseMs = Math.min(pauses.firstMs * 2 ** failures, pauses.longestMs) * (0.5 + ports.random() / 2);
      if (ports.monotonic() + pauseMs >= end) throw error.cause;
      await ports.sleep(pauseMs);
    }
  }
}
