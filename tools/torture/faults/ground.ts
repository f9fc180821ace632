/** What a fault can be done to. */

import type { Crew } from "../crew/crew.ts";
import type { Deaths } from "../crew/deaths.ts";
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
}

/** Long enough that the lease is over and was acted on. */
export const longerThanLease = ({ leaseMs, sweepMs }: Pick<Ground, "leaseMs" | "sweepMs">): number =>
  Math.ceil(leaseMs * 1.2 + sweepMs * 1.5);
