/**
 * What torture must know of a database, and of nothing else: how to make an empty one, how to get in its way, and
 * what it says of its own health. Jobs, leases and events are looked at through the adapter.
 */

export interface Backend {
  readonly name: string;
  /** A new, empty, migrated store. The folder is this run's own, and goes with it. */
  prepare(folder: string): Promise<TestStore>;
  /** The same on a disk so small that it can be filled; fails with the reason where that cannot be done. */
  prepareSmall(folder: string): Promise<TestStore & { readonly disk: SmallDisk }>;
  /** Keeps every other process from writing until it is called back. Runs in a process of its own. */
  holdWriteLock(url: string): Promise<() => void>;
  /** A table of the user's own beside the jobs; `null` if the store has no transactions. */
  openLedger: ((url: string) => Promise<Ledger>) | null;
}

export interface TestStore {
  /** For `openYard`. */
  readonly url: string;
  /** What the database itself finds wrong; empty if nothing. Asked when nobody works on it any more. */
  integrity(): Promise<readonly string[]>;
  /** Gives back what lies outside of the folder. */
  close(): Promise<void>;
}

export interface SmallDisk {
  /** How it was made small, for the report. */
  readonly means: string;
  /** Takes all the room there is; answers with what the system said in the end. */
  fill(): Promise<string>;
  /** Gives it back. */
  free(): Promise<void>;
}

/** What a handler does to data of its own in the transaction that completes its job. */
export interface Ledger {
  /**
   * Begins, runs `work`, commits; rolls back if it throws. One at a time.
   *
   * @param work - `tx` goes to `ctx.complete`, `note` writes the job's row
   */
  transaction(work: (tx: unknown, note: (id: string) => void) => Promise<void>): Promise<void>;
  /** Ids of all rows. */
  rows(): Promise<readonly string[]>;
  close(): Promise<void>;
}
