/** A store that queues run on: who competes there, and how a round gets an empty one. */

import type { Contender } from "./contender.ts";
import type { Goal } from "./goals.ts";
import type { Facts } from "./machine.ts";

export interface Backend {
  readonly name: string;
  /** Ours first: the others are compared with it. */
  readonly contenders: readonly Contender[];
  readonly goals: readonly Goal[];
  /** An empty store for one round. */
  makeStore(folder: string): Promise<{ readonly store: string; remove(): Promise<void> }>;
  /** Brings to disk what filling the store has left for later, so that nobody pays for it while the clock runs. */
  settle(store: string): Promise<void>;
  /** Versions and whatever else the figures depend on. */
  facts(folder: string): Promise<Facts>;
}
