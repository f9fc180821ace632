/** A store that queues run on: who competes there, and how a round gets an empty one. */

import type { Contender } from "./contender.ts";
import type { Goal } from "./goals.ts";
import type { Facts } from "./machine.ts";

export interface Backend {
  readonly name: string;
  /** Ours first: the others are compared with it. */
  readonly contenders: readonly Contender[];
  readonly goals: readonly Goal[];
  /**
   * Prepares what all rounds of a run share.
   *
   * @param folder - where whatever goes to disk is put
   * @param mostJobs - of the largest round
   */
  open(folder: string, mostJobs: number): Promise<Site>;
  /** Brings to disk what filling the store has left for later, so that nobody pays for it while the clock runs. */
  settle(store: string): Promise<void>;
  /** What the store's server has spent since it was started; `null` where there is no server. */
  spent(store: string): Promise<ServerSpent | null>;
  /** Bytes of memory in which the store lies; `null` where it lies on a disk. */
  memory(store: string): Promise<number | null>;
  /** Opens a transaction that goes on seeing the store as it is now; `null` where there is nothing to learn from it. */
  readonly holdSnapshot: ((store: string) => Promise<Held>) | null;
  /** True: a store writes to a disk only where a scenario asks for it. */
  readonly logsIfAsked: boolean;
}

/** What all rounds of a run share: a folder, a server. */
export interface Site {
  /** Versions and whatever else the figures depend on. */
  readonly facts: Facts;
  /** An empty store for one round. @param logged - with a log on a disk, where that is a choice */
  makeStore(logged: boolean): Promise<{ readonly store: string; remove(): Promise<void> }>;
  close(): Promise<void>;
}

export interface ServerSpent {
  /** `null` where the operating system does not tell, or the server runs elsewhere. */
  readonly cpuMicros: number | null;
  /** Written to the log of the server; `null` if it keeps none. */
  readonly logBytes: number | null;
}

export interface Held {
  release(): Promise<void>;
}
