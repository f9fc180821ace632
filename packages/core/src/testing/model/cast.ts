/** Who is meant by the numbers of a command: jobs, leases, sessions and operations, as they are when it is played. */

import type { ApplyOptions, ClaimQueue, Decision, Lease, NewJob, SessionId } from "../../contract/adapter.ts";
import type { JobRef } from "../../nouns/job.ts";
import { mayMove, type OperatorMove } from "../../nouns/lifecycle.ts";
import type { Command, Draft, LeasePick } from "./command.ts";
import { type Entry, keyOf, refOf } from "./entry.ts";
import type { Model } from "./model.ts";

export const ACTOR = "model";
const FAILURE = { code: "HANDLER_ERROR", message: "boom", stack: null };

type Asked = Extract<Command, { readonly do: "claim" }>["queues"][number];
type End = Extract<Command, { readonly do: "settle" }>["ends"][number];
type Move = Extract<Command, { readonly do: "move" }>;

export class Cast {
  readonly #model: Model;
  /** Every job that there ever was, in the order of appearance. */
  readonly #jobs = new Map<string, JobRef>();
  readonly #leases: Lease[] = [];
  readonly #operations: string[] = [];
  /** How often the process of each session crashed: its successor has another name. */
  readonly #crashes = new Map<number, number>();
  #made = 0;

  constructor(model: Model) {
    this.#model = model;
  }

  /** A text that was not used before. */
  fresh = (prefix: string): string => `${prefix}${++this.#made}`;
  everyJob = (): readonly JobRef[] => [...this.#jobs.values()];

  session = (nth: number): SessionId => `w${nth}.${this.#crashes.get(nth) ?? 0}`;
  crash(nth: number): void {
    this.#crashes.set(nth, (this.#crashes.get(nth) ?? 0) + 1);
  }

  newJob({ id, start, ...draft }: Draft): NewJob {
    const ref = { queue: draft.queue, id: `${draft.queue}-${id}` };
    this.#jobs.set(keyOf(ref), ref);
    return {
      ...draft,
      ...ref,
      backoff: [1_000, 2_000],
      timeoutMs: null,
      start: "fromNowMs" in start ? { at: this.#model.now + start.fromNowMs } : start,
      tags: [draft.name],
      group: null,
      parent: null,
    };
  }

  asked = ({ queue, max, knows }: Asked): ClaimQueue => ({ queue, max, types: TYPES[knows] });

  /** To be told of every lease that was given, so that it can come back when it is stale. */
  remember(leases: readonly Lease[]): void {
    this.#leases.push(...leases);
  }

  /** None if there is none yet; else one. The latest come first: they are the ones that are confused most easily. */
  lease({ from, nth }: LeasePick): readonly Lease[] {
    const held = this.#model.jobs.filter(({ job }) => job.state === "active").map(this.#model.leaseOf);
    const leases = from === "held" ? held : this.#leases;
    return leases.length === 0 ? [] : leases.slice(-1 - (nth % leases.length)).slice(0, 1);
  }

  decision({ ending, delayMs }: End): Decision {
    switch (ending) {
      case "complete":
        return { move: "complete", result: `{"after":${delayMs}}` };
      case "retry":
        return { move: "retry", delayMs, failure: FAILURE };
      case "bury":
        return { move: "bury", failure: FAILURE };
      case "stop":
        return { move: "stop", reason: "handler", failure: delayMs === 0 ? null : FAILURE };
      case "release":
        return { move: "release", delayMs };
      case "rescue":
        return { move: "rescue", to: "waiting", charged: delayMs === 0, heldLimit: null, delayMs, failure: FAILURE };
    }
  }

  targets({ move, of, jobs }: Move): readonly JobRef[] {
    const among = of === "fit" ? this.#fitting(move) : this.everyJob();
    return jobs.flatMap((nth) => among[nth % (among.length || 1)] ?? []);
  }
  #fitting(move: OperatorMove): readonly JobRef[] {
    if (move === "restore") return [...this.#model.trash.values()].map(({ entry }) => refOf(entry.job));
    const fits = ({ job, undo }: Entry): boolean => mayMove(move, job.state) && (move !== "revert" || undo !== null);
    return this.#model.jobs.filter(fits).map(({ job }) => refOf(job));
  }

  options({ move, expect, named, payload, delayMs, priority }: Move, first: JobRef | undefined): ApplyOptions {
    const entry = first && (this.#model.find(first) ?? this.#model.trash.get(keyOf(first))?.entry);
    const job = entry?.job;
    const opId = move === "revert" ? this.#toRevert(expect, job?.lastOp ?? null) : named ? this.fresh("op") : null;
    if (opId !== null) this.#operations.push(opId);
    const edits = move === "edit" || (move === "requeue" && payload !== null);
    return {
      actor: ACTOR,
      ...(opId !== null && { opId }),
      ...(edits && { payload: payload ?? '{"n":4}' }),
      ...((move === "requeue" || move === "reschedule") && { delayMs }),
      ...(move === "reprioritise" && { priority }),
      ...(expect !== "any" && job && { expectEpoch: expect === "known" ? job.epoch : job.epoch - 1 }),
    };
  }
  #toRevert = (expect: Move["expect"], last: string | null): string | null =>
    expect === "old" ? (this.#operations.at(-2) ?? null) : last;
}

const TYPES = {
  all: [
    { name: "x", maxVersion: 2 },
    { name: "y", maxVersion: 2 },
  ],
  x1: [{ name: "x", maxVersion: 1 }],
  y2: [{ name: "y", maxVersion: 2 }],
} as const;
