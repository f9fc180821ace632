/**
 * Random commands as plain data, so that a counterexample can be read, kept and played on any backend.
 *
 * Jobs, leases and sessions are named by numbers; what they mean is found when the command is played, so a
 * sequence stays meaningful when shrinking takes commands out of it.
 */

import fc from "fast-check";
import type { LeaseLossPolicy } from "../../nouns/job.ts";
import { OPERATOR_MOVES, type OperatorMove } from "../../nouns/lifecycle.ts";

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
      readonly state: "completed" | "dead" | "cancelled";
      readonly olderThanMs: number;
    }
  | { readonly do: "wait"; readonly ms: number };

/** A command, and the handle on the store that it goes through. */
export interface Step {
  readonly via: 0 | 1;
  readonly command: Command;
}

const pick = fc.constantFrom;
const queue = pick(...QUEUES);
const session = pick(0, 1, 2, 3);
const number = fc.nat({ max: 30 });
const delayMs = pick(0, 0, 0, 1_000, 3_000);
const leaseMs = pick(1_000, 1_000, 4_000);

const draft: fc.Arbitrary<Draft> = fc.record({
  queue,
  id: fc.nat({ max: 9 }),
  name: pick("x", "x", "y"),
  version: pick(1, 1, 2),
  payload: pick('{"n":1}', '{"n":1}', '{ "n": 1 }', '{"n":2}'),
  priority: pick(0, 0, 0, 1, 2),
  start: pick<Draft["start"][]>(
    { delayMs: 0 },
    { delayMs: 0 },
    { delayMs: 1_000 },
    { delayMs: 3_000 },
    { fromNowMs: 2_000 },
    { fromNowMs: -1 },
  ),
  expiresInMs: pick(null, null, null, null, null, null, 1_000, 4_000),
  maxAttempts: pick(1, 2, 3),
  onLeaseLost: pick("retry", "retry", "retry", "retry", "hold", "dead"),
  dedupe: fc.option(
    fc.record({
      key: pick("k", "l"),
      while: pick<NonNullable<Draft["dedupe"]>["while"][]>(
        "waiting",
        "waiting",
        "open",
        "open",
        { forMs: 1_500 },
        { forMs: 5_000 },
      ),
      onConflict: pick("skip", "replace", "extend"),
    }),
    { freq: 2 },
  ),
});

const lease: fc.Arbitrary<LeasePick> = fc.record({ from: pick("held", "held", "held", "ever"), nth: number });

const some = <T>(item: fc.Arbitrary<T>, max: number): fc.Arbitrary<T[]> =>
  fc.array(item, { minLength: 1, maxLength: max, size: "max" });

const of = <D extends Command["do"]>(
  weight: number,
  name: D,
  fields: {
    readonly [K in Exclude<keyof Extract<Command, { do: D }>, "do">]: fc.Arbitrary<Extract<Command, { do: D }>[K]>;
  },
): { readonly weight: number; readonly arbitrary: fc.Arbitrary<Command> } => ({
  weight,
  arbitrary: fc.record({ do: fc.constant(name), ...fields }) as fc.Arbitrary<Command>,
});

const command: fc.Arbitrary<Command> = fc.oneof(
  of(14, "enqueue", { jobs: some(draft, 3) }),
  of(18, "claim", {
    session,
    max: pick(1, 2, 9, 9),
    queues: pick(["a", "b"], ["b", "a"], ["a"], ["b"]).chain((names) =>
      fc.tuple(
        ...names.map((name) =>
          fc.record({
            queue: fc.constant(name as QueueName),
            max: pick(1, 3, 9, 9),
            knows: pick("all", "all", "all", "x1", "y2"),
          }),
        ),
      ),
    ),
    held: fc.boolean(),
    leaseMs,
  }),
  of(18, "settle", {
    ends: some(
      fc.record({
        lease,
        ending: pick("complete", "retry", "retry", "bury", "stop", "release", "release", "rescue"),
        delayMs,
        guard: pick("held", "held", "held", "expired"),
        followUps: fc.array(draft, { maxLength: 2, size: "max" }),
      }),
      3,
    ),
  }),
  of(4, "look", {}),
  of(8, "rescue", {}),
  of(3, "extend", { session, leaseMs, others: fc.array(lease, { maxLength: 3, size: "max" }) }),
  of(4, "append", { entries: some(fc.record({ lease, kind: pick("progress", "log", "page-done") }), 3) }),
  of(1, "retire", { session }),
  of(6, "crash", { session }),
  of(16, "move", {
    move: pick(...OPERATOR_MOVES),
    of: pick("fit", "fit", "all"),
    jobs: some(number, 2),
    expect: pick("any", "any", "any", "known", "old"),
    payload: pick(null, null, '{"n":1}', '{"n":3}'),
    delayMs,
    priority: pick(0, 1, 2),
    named: pick(true, true, false),
  }),
  of(5, "pause", { queue, on: pick(true, false, false) }),
  of(2, "bound", { queue, maxSize: pick(null, null, 0, 1, 2, 4) }),
  of(2, "expire", {}),
  of(2, "purge", { queue, state: pick("completed", "dead", "cancelled"), olderThanMs: pick(0, 1_000, 10_000) }),
  of(10, "wait", { ms: pick(1, 500, 500, 1_000, 1_000, 1_000, 1_000, 2_000, 2_000, 4_000, 4_000) }),
  of(1, "wait", { ms: fc.constant(86_400_001) }),
);

/** Up to 80 steps; shorter sequences shrink to as few as fail. */
export const steps: fc.Arbitrary<readonly Step[]> = fc.array(fc.record({ via: pick<(0 | 1)[]>(0, 0, 1), command }), {
  minLength: 1,
  maxLength: 80,
  size: "max",
});
