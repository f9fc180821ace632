/**
 * What can happen to a store, as plain data, so that a counterexample can be read, kept and played on any backend.
 *
 * Jobs, leases and sessions are named by numbers; what they mean is found when the command is played, so a
 * sequence stays meaningful when shrinking takes commands out of it.
 */

import type { LeaseLossPolicy } from "../../nouns/job.ts";
import type { OperatorMove } from "../../nouns/lifecycle.ts";
import type { RetainedState, Retention } from "../../nouns/retention.ts";

export const QUEUES = ["a", "b"] as const;
export type QueueName = (typeof QUEUES)[number];

export interface Draft {
  readonly queue: QueueName;
  readonly id: number;
  readonly name: "x" | "y";
  readonly version: 1 | 2;
  readonly payload: string;
  readonly priority: number;
  /** A delay, or an instant so far from now. */
  readonly start: { readonly delayMs: number } | { readonly fromNowMs: number };
  readonly expiresInMs: number | null;
  readonly maxAttempts: number;
  readonly onLeaseLost: LeaseLossPolicy;
  readonly dedupe: {
    readonly key: "k" | "l";
    readonly while: "waiting" | "open" | { readonly forMs: number };
    readonly onConflict: "skip" | "replace" | "extend";
  } | null;
}

/** A lease by number: of those that are held now, or of all that were ever given. */
export interface LeasePick {
  readonly from: "held" | "ever";
  readonly nth: number;
}

export type Ending = "complete" | "retry" | "bury" | "stop" | "release" | "rescue";

export type Command =
  | { readonly do: "enqueue"; readonly jobs: readonly Draft[] }
  | {
      readonly do: "claim";
      readonly session: number;
      readonly max: number;
      readonly queues: readonly {
        readonly queue: QueueName;
        readonly max: number;
        readonly knows: "all" | "x1" | "y2";
      }[];
      readonly held: boolean;
      readonly leaseMs: number;
    }
  | {
      readonly do: "settle";
      readonly ends: readonly {
        readonly lease: LeasePick;
        readonly ending: Ending;
        readonly delayMs: number;
        readonly guard: "held" | "expired";
        readonly followUps: readonly Draft[];
      }[];
    }
  /** What a rescuer sees; it acts at the next `rescue`, however late. */
  | { readonly do: "look" }
  | { readonly do: "rescue" }
  | { readonly do: "extend"; readonly session: number; readonly leaseMs: number; readonly others: readonly LeasePick[] }
  | { readonly do: "append"; readonly entries: readonly { readonly lease: LeasePick; readonly kind: string }[] }
  | { readonly do: "retire"; readonly session: number }
  /** The process is gone without a word: nobody uses this session again, but its leases may come back. */
  | { readonly do: "crash"; readonly session: number }
  | {
      readonly do: "move";
      readonly move: OperatorMove;
      /** Of the jobs whose state allows the move, or of all that there ever were. */
      readonly of: "fit" | "all";
      readonly jobs: readonly number[];
      /** `known`: the job's epoch or last operation as it is; `old`: an earlier one. */
      readonly expect: "any" | "known" | "old";
      readonly payload: string | null;
      readonly delayMs: number;
      readonly priority: number;
      readonly named: boolean;
    }
  /** Or resume. */
  | { readonly do: "pause"; readonly queue: QueueName; readonly on: boolean }
  | { readonly do: "bound"; readonly queue: QueueName; readonly maxSize: number | null }
  | { readonly do: "expire" }
  | {
      readonly do: "purge";
      readonly queue: QueueName;
      readonly state: RetainedState;
      readonly keep: Retention;
      readonly limit: number;
    }
  | { readonly do: "wait"; readonly ms: number };

/** A command, and the handle on the store that it goes through. */
export interface Step {
  readonly via: 0 | 1;
  readonly command: Command;
}
