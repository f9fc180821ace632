/** What the commands that move jobs have in common, as data. */

import type { OperatorMove } from "@jobyard/core";

export interface MoveSpec {
  readonly move: Extract<OperatorMove, "requeue" | "cancel" | "promote" | "remove">;
  readonly description: string;
  /** What a job is after it: "requeued". */
  readonly done: string;
  readonly examples: readonly string[];
}

export interface MoveOptions {
  readonly filter?: string;
  readonly dryRun?: boolean;
  readonly rate?: number;
}
