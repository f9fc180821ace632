import "server-only";

/**
 * Slows guessing down: after too many wrong tries a key (account and address) waits until its window is over.
 *
 * Kept in memory: a restart forgets it, and a guesser cannot restart the dashboard.
 */

export interface Limiter {
  /**
   * Counts a try before it is known whether it is right: tries that are under way at the same time count too.
   * Ms until the key may try again; 0: go on.
   */
  take(key: string): number;
  /** Ms until the key may try again; 0 if it may now. */
  waitMs(key: string): number;
  /** The try was right: it does not count. */
  giveBack(key: string): void;
  /** Forgets the key's tries. */
  clear(key: string): void;
}

export interface LimiterOptions {
  /** This many wrong tries within the window close it. */
  readonly tries: number;
  readonly windowMs: number;
  /** A clock that never jumps. */
  readonly monotonic: () => number;
}

/** More keys than this are not remembered at once: the oldest go, so that memory is bounded. */
const MOST_KEYS = 10_000;

export function createLimiter({ tries, windowMs, monotonic }: LimiterOptions): Limiter {
  const windows = new Map<string, { count: number; readonly endsAt: number }>();

  const current = (key: string): { count: number; readonly endsAt: number } | undefined => {
    const found = windows.get(key);
    if (found === undefined || found.endsAt > monotonic()) return found;
    windows.delete(key);
    return undefined;
  };
  const waitOf = (found: { readonly count: number; readonly endsAt: number } | undefined): number =>
    found !== undefined && found.count >= tries ? found.endsAt - monotonic() : 0;

  return {
    take(key) {
      const found = current(key) ?? { count: 0, endsAt: monotonic() + windowMs };
      const wait = waitOf(found);
      if (wait > 0) return wait;
      found.count += 1;
      windows.set(key, found);
      if (windows.size > MOST_KEYS) windows.delete(windows.keys().next().value as string);
      return 0;
    },
    waitMs: (key) => waitOf(current(key)),
    giveBack(key) {
      const found = current(key);
      if (found !== undefined) found.count -= 1;
    },
    clear: (key) => void windows.delete(key),
  };
}
