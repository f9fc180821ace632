/** What a step counts: depth, finals and their bytes per queue, and the order in which jobs completed. */

import { DEPTH_STATES, type Instant, isRetained, type State } from "@jobyard/core/adapter";
import type { LockedJob } from "./locks.ts";
import type { Changes, Counters } from "./sql/changes.sql.ts";

type Counted = Pick<LockedJob, "pk" | "queue" | "finished_at" | "bytes">;

const NOTHING: Counters = {
  depth: 0,
  completed: 0,
  completed_bytes: 0,
  dead: 0,
  dead_bytes: 0,
  cancelled: 0,
  cancelled_bytes: 0,
};

export class Tally {
  readonly #now: Instant;
  readonly #counters = new Map<string, { -readonly [Name in keyof Counters]: number }>();
  readonly #done = new Map<string, { readonly queue: string; readonly finished_at: Instant; readonly pks: number[] }>();

  constructor(now: Instant) {
    this.#now = now;
  }

  /** The job is in this state from now on. */
  enters(job: Counted, state: State): void {
    this.#count(job, state, 1);
    if (state === "completed") this.#finishes(job);
  }

  /** The job was in this state until now. */
  leaves(job: Counted, state: State): void {
    this.#count(job, state, -1);
  }

  /** What has to be written. */
  get changes(): { readonly tally: NonNullable<Changes["tally"]>; readonly done: NonNullable<Changes["done"]> } {
    return {
      tally: [...this.#counters]
        .filter(([, counters]) => Object.values(counters).some((n) => n !== 0))
        .map(([queue, counters]) => ({ queue, ...counters })),
      done: [...this.#done.values()].map(({ queue, finished_at, pks }) => {
        const ordered = pks.toSorted((a, b) => a - b);
        return { queue, finished_at, pk: ordered[0] ?? 0, pks: ordered };
      }),
    };
  }

  #count(job: Counted, state: State, sign: 1 | -1): void {
    const counters = this.#of(job.queue);
    if (DEPTH_STATES.includes(state)) counters.depth += sign;
    if (!isRetained(state)) return;
    counters[state] += sign;
    counters[`${state}_bytes`] += sign * bytesOf(job);
  }

  #finishes({ pk, queue, finished_at }: Counted): void {
    const at = finished_at ?? this.#now;
    const key = `${at}:${queue}`;
    const row = this.#done.get(key);
    if (row === undefined) this.#done.set(key, { queue, finished_at: at, pks: [pk] });
    else row.pks.push(pk);
  }

  #of(queue: string): { -readonly [Name in keyof Counters]: number } {
    const known = this.#counters.get(queue);
    if (known !== undefined) return known;
    const counters = { ...NOTHING };
    this.#counters.set(queue, counters);
    return counters;
  }
}

/** What the job counts towards retention by bytes. */
const bytesOf = ({ bytes }: Counted): number => bytes.payload + (bytes.result ?? 0) + (bytes.errors ?? 0);
