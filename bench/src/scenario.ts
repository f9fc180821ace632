/** One thing to measure: what it is called, how big it is, how it runs. */

import type { Held, ServerSpent } from "./backend.ts";
import type { Contender } from "./contender.ts";
import type { Helper, HelperOptions } from "./helper.ts";
import type { Measures, MetricName } from "./metrics.ts";

export interface Scenario {
  /** As in `--scenario`. */
  readonly name: string;
  /** Scenarios that are asked for together: `--scenario drain`. */
  readonly family: string;
  /** For people. */
  readonly title: string;
  /** The first one is what contenders are compared by. */
  readonly metrics: readonly [MetricName, ...MetricName[]];
  readonly jobs: number;
  /** In a quick run. */
  readonly quickJobs: number;
  /** True: everyone gets the same number of jobs, also who is slow. */
  readonly sameForAll: boolean;
  /** True: the round's own process does all the work, so a profile of it tells something. */
  readonly alone: boolean;
  /** True: only where {@link Stage.holdSnapshot} is possible. */
  readonly underSnapshot?: true;
  /** True: on a store that keeps a log on a disk, and only where that is a choice. */
  readonly logged?: true;
  /** After which a round has failed. */
  readonly limitMs: number;
  run(stage: Stage): Promise<Measures>;
}

/** What a round plays on: its own process, its own empty store. */
export interface Stage {
  readonly contender: Contender;
  readonly store: string;
  readonly jobs: number;
  /** Starts another process that works on the same store. */
  help(options: HelperOptions): Promise<Helper>;
  /** After the store was filled and before the clock runs. */
  settle(): Promise<void>;
  /** See `spent` of the backend. */
  serverSpent(): Promise<ServerSpent | null>;
  /** See `memory` of the backend. */
  memory(): Promise<number | null>;
  /** @throws where the backend has no such thing */
  holdSnapshot(): Promise<Held>;
  /** Runs what is to be looked at by the profiler, if there is one. */
  profiled<T>(work: () => Promise<T>): Promise<T>;
}
