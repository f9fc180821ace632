/** What a scenario is: something that is done to a store, and figures that say how it went. */

import type { HistoryLimits } from "@jobyard/core/testing";
import type { Yard } from "jobyard";
import type { Backend, SmallDisk, TestStore } from "../backends/backend.ts";
import type { TimeLimit } from "../crew/time-limit.ts";
import type { HistoryWriter } from "../history/writer.ts";
import type { Figure } from "../report/figures.ts";

export interface Scenario {
  readonly name: string;
  /** In words: what is shown if all figures are as they must be. */
  readonly proves: string;
  readonly store: "plain" | "small";
  /** What a backend must have for it; default nothing. */
  readonly needs?: "server" | "transactions";
  /** It waits most of its time, so that it may run beside the others. Default false. */
  readonly isQuiet?: boolean;
  /** What the history must show for its zeroes to mean anything. */
  limits(sizes: Sizes, backend: Backend): HistoryLimits;
  /**
   * Adds its figures as they become known, so that a run that is broken off still tells what it saw.
   *
   * @throws BrokenOff
   */
  run(stage: Stage): Promise<void>;
}

/** How much of what, from the command line. */
export interface Sizes {
  readonly seed: number;
  readonly workers: number;
  readonly jobs: number;
  readonly kills: number;
  readonly blocks: number;
  readonly zombies: number;
  readonly pills: number;
  /** Kills of the store's server, of one that has one. */
  readonly outages: number;
  /** Times that this server ends a worker's connections. */
  readonly disconnects: number;
  /** Jobs of `share`. */
  readonly share: number;
  /** Jobs that one process holds in `handover`. */
  readonly held: number;
  /** Jobs of `ledger`. */
  readonly ledger: number;
  /** Processes of `ledger` that are killed before they commit. */
  readonly crashes: number;
}

/** True if the scenario can be played on it. */
export const fits = ({ needs }: Scenario, backend: Backend): boolean =>
  needs === undefined || (needs === "server" ? backend.hasServer : backend.openLedger !== null);

/** What a scenario finds when it begins, and what is cleared away behind it. */
export interface Stage {
  readonly sizes: Sizes;
  readonly backend: Backend;
  readonly store: TestStore;
  /** For `store: "small"`. */
  readonly disk: SmallDisk | null;
  /** Everything of this run lies in here. */
  readonly folder: string;
  /** The run's own, for faults and deaths. */
  readonly history: HistoryWriter;
  /** The run's own, for looking on. */
  readonly yard: Yard;
  readonly limit: TimeLimit;
  readonly figures: Figure[];
  /** Where the run is, for people who wait. */
  readonly tell: (text: string) => void;
  /** Called at the end of the run, however it ends, and before the store is judged; the last first. */
  readonly atEnd: (clear: () => Promise<unknown>) => void;
}
