/**
 * What an adapter's author hands to the suite: an empty store, its clock, and a second way in.
 *
 * The suite opens a fresh bench for every test and for every random sequence, a thousand times and more, so
 * opening should cost milliseconds: a new file, schema or key prefix, migrated.
 */

import type { Adapter } from "../contract/adapter.ts";

export interface Bench {
  /** Empty, migrated, and with a clock that stands still but for {@link Bench.advance}. */
  readonly adapter: Adapter;
  /**
   * Moves the store's clock forward, for every handle on the store. Nothing in the suite sleeps.
   *
   * @param ms - 0 or more
   */
  advance(ms: number): Promise<void>;
  /**
   * A second handle on the same store, as another process would open it; closed by the suite.
   * Left out if there can be no second one.
   */
  another?(): Promise<Adapter>;
  /** For backends with the capability `transactions`, and only for them. */
  readonly tx?: BenchTransactions;
  /** Closes the adapter and removes what the bench made. The adapter may be closed already. */
  close(): Promise<void>;
}

/** The caller's own transactions, on a connection that is not the adapter's. */
export interface BenchTransactions {
  begin(): Promise<BenchTransaction>;
}

export interface BenchTransaction {
  /** What the adapter takes as `tx`. */
  readonly tx: unknown;
  commit(): Promise<void>;
  rollback(): Promise<void>;
}

export type OpenBench = () => Promise<Bench>;

export interface SuiteOptions {
  /**
   * True (default): claims follow the order rule of the adapter guide to the letter. False: only what every
   * backend promises is checked, the order of jobs of equal priority that never waited for anything.
   */
  readonly strictOrder?: boolean;
  /** Random sequences of the model layer. Default: `JOBYARD_MODEL_RUNS`, else 300. */
  readonly modelRuns?: number;
  /** Where the random sequences begin. Default: `JOBYARD_MODEL_SEED`, else a fixed number. */
  readonly modelSeed?: number;
}
