/** Which faults a storm brings and in which order, made from the seed alone. When each strikes is up to the run. */

import { seeded } from "./random.ts";

/** Places in a worker where it can be told to kill itself. */
export const WORKER_POINTS = [
  "after-claim",
  "after-effect",
  "before-settle",
  "after-settle",
  "in-heartbeat",
  "in-rescue",
] as const;
/** Places in a handler's own transaction, for stores that have transactions. */
export const TRANSACTION_POINTS = ["before-commit", "after-commit"] as const;
/** Places in a producer: the call was made; it was committed, and nobody heard of it. */
export const PRODUCER_POINTS = ["before-enqueue", "after-enqueue"] as const;

export type WorkerPoint = (typeof WORKER_POINTS)[number] | (typeof TRANSACTION_POINTS)[number];
export type ProducerPoint = (typeof PRODUCER_POINTS)[number];
export type Point = WorkerPoint | ProducerPoint;

export type PlannedFault = {
  /** Which of those that can be hit: 0 the first, just below 1 the last. Of an outage, how long it is. */
  readonly victim: number;
  /** Quiet time after it. */
  readonly pauseMs: number;
} & (
  | { readonly fault: PlainFault }
  /** `atWork`: amid a handler, and until others have its job. */
  | { readonly fault: "stop"; readonly atWork: boolean }
  | { readonly fault: "point"; readonly point: WorkerPoint }
  | { readonly fault: "produce"; readonly point: ProducerPoint | null }
);

/** Those that need no place to strike at. */
type PlainFault = "kill" | "block" | "lock" | "outage" | "disconnect";

export interface FaultPlan {
  readonly seed: number;
  /** SIGKILLs of workers, at random and at named points together. */
  readonly kills: number;
  /** Event loops that stand still for longer than a lease. */
  readonly blocks: number;
  /** Processes stopped for longer than a lease, then continued. */
  readonly zombies: number;
  /** Times that another process holds the write lock. */
  readonly locks: number;
  /** SIGKILLs of the server, each followed by a new start; 0 for stores that have none. */
  readonly outages: number;
  /** Times that the server ends all connections of a worker; 0 for stores that have none. */
  readonly disconnects: number;
  /** SIGKILLs of producers. */
  readonly producerKills: number;
  readonly transactions: boolean;
}

/** Of the kills, the share that strikes at a named point. */
const POINT_SHARE = 0.5;
/** Producers are done before the workers are: what concerns them comes in the first part. */
const PRODUCING_PART = 0.6;

export function planFaults(plan: FaultPlan): readonly PlannedFault[] {
  const random = seeded(plan.seed);
  const chance = (): Pick<PlannedFault, "victim" | "pauseMs"> => ({
    victim: random.next(),
    pauseMs: random.int(20, 300),
  });
  const points: readonly WorkerPoint[] = plan.transactions ? [...WORKER_POINTS, ...TRANSACTION_POINTS] : WORKER_POINTS;
  const atPoints = pointKills(plan.kills, points).map((point) => ({ ...chance(), fault: "point" as const, point }));
  const plain = (fault: PlainFault, count: number): readonly PlannedFault[] =>
    Array.from({ length: count }, () => ({ ...chance(), fault }));
  const workers = random.shuffle<PlannedFault>([
    ...atPoints,
    ...plain("kill", plan.kills - atPoints.length),
    ...plain("block", plan.blocks),
    ...Array.from({ length: plan.zombies }, (_, n) => ({
      ...chance(),
      fault: "stop" as const,
      atWork: n < zombiesAtWork(plan.zombies),
    })),
    ...plain("lock", plan.locks),
    ...plain("outage", plan.outages),
    ...plain("disconnect", plan.disconnects),
  ]);
  const producers = Array.from(
    { length: plan.producerKills },
    (_, n): PlannedFault => ({
      ...chance(),
      fault: "produce",
      point: PRODUCER_TURNS[n % PRODUCER_TURNS.length] ?? null,
    }),
  );
  return spread(workers, producers);
}

/** Half of them, and one that is alone. */
export const zombiesAtWork = (zombies: number): number => Math.ceil(zombies / 2);

/** `null`: at random. */
const PRODUCER_TURNS: readonly (ProducerPoint | null)[] = [...PRODUCER_POINTS, null];

/** Each point at least once, as long as there are kills. */
function pointKills(kills: number, points: readonly WorkerPoint[]): readonly WorkerPoint[] {
  const each = Math.max(1, Math.floor((kills * POINT_SHARE) / points.length));
  return points.flatMap((point) => Array.from({ length: each }, () => point)).slice(0, kills);
}

function spread(workers: readonly PlannedFault[], producers: readonly PlannedFault[]): readonly PlannedFault[] {
  const gap = Math.max(1, Math.floor((workers.length * PRODUCING_PART) / Math.max(1, producers.length)));
  const all: PlannedFault[] = [];
  const left = [...producers];
  for (const [index, fault] of workers.entries()) {
    const next = index % gap === 0 ? left.shift() : undefined;
    if (next !== undefined) all.push(next);
    all.push(fault);
  }
  return [...all, ...left];
}
