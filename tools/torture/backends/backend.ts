/**
 * What torture must know of a database, and of nothing else: how to make an empty one, how to get in its way, and
 * what it says of its own health. Jobs, leases and events are looked at through the adapter.
 */

export interface Backend {
  readonly name: string;
  /** What of the command line made it so; `null` for the way it comes. */
  readonly option: string | null;
  /** An outage may take answered calls along: then it is told which, and what has to hold is what can. */
  readonly isLossy: boolean;
  /** It is a process of its own, which can be killed, and which others reach over a network. */
  readonly hasServer: boolean;
  readonly lock: LockTimes;
  /** Codes by which a full disk may be told; one of them at least is. */
  readonly fullCodes: readonly string[];
  /** A new, empty, migrated store. The folder is this run's own, and goes with it. */
  prepare(folder: string): Promise<TestStore>;
  /** The same on a disk so small that it can be filled; fails with the reason where that cannot be done. */
  prepareSmall(folder: string): Promise<TestStore & { readonly disk: SmallDisk }>;
  /** Keeps every other process from writing until it is called back. Runs in a process of its own. */
  holdWriteLock(url: string): Promise<() => Promise<void>>;
  /** A table of the user's own beside the jobs; `null` if the store has no transactions. */
  openLedger: ((url: string) => Promise<Ledger>) | null;
}

/** How a lock that somebody else holds is met. */
export interface LockTimes {
  /** Such a one is waited for, and nobody notices, in ms. */
  readonly waitedForMs: number;
  /** Such a one is told to users, in ms. */
  readonly toldMs: number;
  /** By one of these codes. */
  readonly codes: readonly string[];
}

export interface TestStore {
  /** For `openYard`. */
  readonly url: string;
  /** The same for a process of this name, by which the store may know it. */
  urlFor(process: string): string;
  /** If the backend has one. */
  readonly server: StoreServer | null;
  /** What the database itself finds wrong; empty if nothing. Asked when nobody works on it any more. */
  integrity(): Promise<readonly string[]>;
  /** Gives back what lies outside of the folder. */
  close(): Promise<void>;
}

/** The process, or processes, of a store that has some. */
export interface StoreServer {
  /**
   * SIGKILL to all of it, and a new start on the same data; resolves when it takes connections again.
   *
   * @param downMs - how long it is left dead
   */
  crash(downMs: number): Promise<Crash>;
  /** Times of which an outage so far may have taken answered calls along. */
  losses(): readonly Loss[];
  /** Crashes that the server itself found traces of when it started, in its own words. */
  recoveries(): number;
  /**
   * Ends all connections of a process from the server's side.
   *
   * @param process - as given to `urlFor`
   */
  disconnect(process: string): Promise<Disconnection>;
  /** Starts it if it has ended by itself, as a service manager would; true if it had. May fail, and be tried again. */
  revive(): Promise<boolean>;
  /** A network before it that can fail. */
  openNetwork(): Promise<Network>;
}

export interface Crash {
  /** Processes that were killed, and that the system no longer has. */
  readonly killed: readonly number[];
  /** Of these, those that it still has. */
  readonly left: readonly number[];
  /** The server's new process. */
  readonly pid: number | null;
  /** From the kill to the first connection that it took. */
  readonly forMs: number;
  /** What else there is to say of it, such as what the server said when it started. */
  readonly remarks: readonly string[];
}

export interface Loss {
  /** What kind of outage it was. */
  readonly means: string;
  /** How much is known to have been taken. */
  readonly bytes: number;
  /** Calls that were answered between these instants, by this machine's clock, may be gone. */
  readonly from: number;
  readonly to: number;
}

export interface Disconnection {
  /** How many the server said that it had ended. */
  readonly ended: number;
  /** Those among them that were in a statement or a transaction. */
  readonly busy: number;
}

export interface Network {
  /** As that of the store, with this network on the way. */
  urlFor(process: string): string;
  /** Connections that hear of new work and whose bytes come through. */
  readonly listening: number;
  /**
   * From now on nothing comes through, in silence: connections stay open, and what is sent is lost.
   *
   * @param which - `listening`: the connections that now hear of new work; those made later come through. `all`: also later ones
   * @returns how many were open
   */
  swallow(which: "listening" | "all"): number;
  /** New connections come through again; what had lost bytes stays dead. */
  heal(): void;
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
   * Begins, runs `work`, commits; rolls back if it throws.
   *
   * @param work - `tx` goes to `ctx.complete`, `note` writes the job's row
   */
  transaction(work: (tx: unknown, note: (id: string) => Promise<void>) => Promise<void>): Promise<void>;
  /** Ids of all rows. */
  rows(): Promise<readonly string[]>;
  close(): Promise<void>;
}
