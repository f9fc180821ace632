/** What a run promised beforehand: how long things may take, and what must have happened for a zero to mean anything. */

export interface HistoryLimits {
  /** The run ended when no open job was left, so that one that is open is stuck. Default true. */
  readonly drained?: boolean;
  /** Longest time from a worker's death to the rescue of its last job: lease + sweep + what the machine needs. */
  readonly rescueWithinMs?: number;
  /**
   * Figures that must have come to at least this much, by name: `{ rescues: 1, "fault.kill": 100, "point.in-rescue": 1 }`.
   * A zero proves nothing alone: nothing can be finished twice if nobody tried.
   */
  readonly atLeast?: Readonly<Record<string, number>>;
  /** How many violations of each invariant are kept with their evidence. Default 5. */
  readonly sample?: number;
}
