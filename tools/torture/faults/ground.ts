/** What a fault can be done to. */

import type { HistoryEntry } from "@jobyard/core/testing";
import type { Crew } from "../crew/crew.ts";
import type { Deaths } from "../crew/deaths.ts";
import type { Run } from "../history/last-word.ts";
import type { HistoryWriter } from "../history/writer.ts";
import type { StoreFaults } from "./store-faults.ts";

export interface Ground {
  readonly workers: Crew;
  readonly producers: Crew;
  readonly deaths: Deaths;
  readonly history: HistoryWriter;
  readonly leaseMs: number;
  readonly sweepMs: number;
  /** Lets producers have something to do. */
  readonly release: () => void;
  readonly store: StoreFaults;
  /** What a process has written down so far. */
  readonly entriesOf: (process: string) => readonly HistoryEntry[];
  /** The store has given the job of this run to others. False while it cannot be asked. */
  readonly isTaken: (run: Run) => Promise<boolean>;
}

/** Long enough that the lease is over and was acted on. */
export const longerThanLease = ({ leaseMs, sweepMs }: Pick<Ground, "leaseMs" | "sweepMs">): number =>
  Math.ceil(leaseMs * 1.2 + sweepMs * 1.5);
