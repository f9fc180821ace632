/**
 * The ledger of a step: the ways in which anything about a job changes. It changes with one event, it comes in, it
 * goes. Everything that hangs on a job's state (line, counters, attention, key) follows here and nowhere else, but for
 * what the database does by itself because it is most frequent: enqueue, claim, plain completions.
 *
 * Each change is judged on what those before it left, in memory; all of them are written by one statement.
 */

import {
  claimData,
  type Instant,
  type JobRef,
  type JsonText,
  type State,
  type StoredTexts,
} from "@jobyard/core/adapter";
import { type Entry, newEntry, partsOf, type Settings, withSettings } from "./entry.ts";
import { Keys } from "./keys.ts";
import type { Leases } from "./leases.ts";
import type { Claimed, Holder, LockedJob, Trashed } from "./locks.ts";
import { type EventRow, writeChanges } from "./sql/changes.sql.ts";
import type { Step } from "./step.ts";
import { Tally } from "./tally.ts";

export interface Change {
  /** Of the event. */
  readonly kind: string;
  /** Of the event. */
  readonly data: JsonText | null;
  /** A new `run_at` puts a waiting job at the end of its order. */
  readonly set: Settings;
}

/** A job at this point of the step. */
export interface Known {
  readonly job: LockedJob;
  readonly state: State;
}

/** What was locked and read. */
export interface Ground {
  readonly now: Instant;
  readonly jobs: readonly LockedJob[];
  readonly holders: readonly Holder[];
}

export class Changes {
  /** One instant for everything that is changed here. */
  readonly now: Instant;
  readonly keys: Keys;
  readonly #step: Pick<Step, "db" | "touched" | "offered">;
  readonly #tally: Tally;
  readonly #entries = new Map<number, Entry>();
  readonly #byAddress = new Map<string, Entry>();
  readonly #events: EventRow[] = [];
  readonly #made: EventRow[] = [];
  /** Jobs that get a new number, in their order. */
  readonly #numbered = new Set<number>();

  /** @param stateOf - the state that people see */
  constructor(
    step: Pick<Step, "db" | "touched" | "offered">,
    { now, jobs, holders }: Ground,
    stateOf: (job: LockedJob) => State,
  ) {
    this.#step = step;
    this.now = now;
    this.keys = new Keys(holders);
    this.#tally = new Tally(now);
    for (const job of jobs) this.#add(newEntry(job, stateOf(job), "store"));
  }

  /** Null if there is no such job, or none any more. */
  find(ref: JobRef): Known | null {
    return this.#byAddress.get(addressOf(ref)) ?? null;
  }

  change(known: Known, { kind, data, set }: Change): Known {
    const entry = this.#open(known);
    const { job, state: from } = entry;
    const to = set.state ?? from;
    entry.job = withSettings({ ...job, seq: job.seq + 1 }, set);
    for (const name of TEXTS) if (set[name] !== undefined) entry.texts.add(name);
    this.#events.push({ pk: job.pk, seq: entry.job.seq, at: this.now, kind, data });
    if (to === "waiting" && (from !== "waiting" || set.run_at !== undefined)) this.#place(entry);
    this.#enter(entry, job, to);
    return entry;
  }

  /** The claim of an active job stands in its lease only, until something else is written about the job. */
  writeClaim(known: Known, { session, claimedAt }: Claimed): Known {
    const entry = this.#open(known);
    const { job } = entry;
    if (job.claim_written) return entry;
    const seq = job.seq + 1;
    const data = claimData(session, job.attempt + 1);
    this.#events.push({ pk: job.pk, seq, at: claimedAt, kind: "claim", data });
    entry.job = { ...job, seq, claim_written: true };
    return entry;
  }

  /** The one end that writes no events: its claim and its end are made when read. */
  complete(known: Known, { session, claimedAt }: Claimed, result: JsonText | null): void {
    const entry = this.#open(known);
    const { job } = entry;
    const seq = job.seq + (job.claim_written ? 1 : 2);
    entry.job = withSettings(
      { ...job, seq },
      {
        state: "completed",
        attempt: job.attempt + 1,
        started_at: claimedAt,
        finished_at: this.now,
        worker: session,
        held_limit: null,
        cancel_requested: false,
        result,
        undo: null,
      },
    );
    entry.texts.add("result").add("undo");
    this.#enter(entry, job, "completed");
  }

  /** The events of a completion, which are made when read, before another follows on them. */
  writeCompletion({ job: { pk, seq, attempt, worker, started_at, finished_at } }: Known): void {
    if (started_at === null || finished_at === null) return;
    const data = claimData(worker ?? "", attempt);
    this.#made.push({ pk, seq: seq - 1, at: started_at, kind: "claim", data });
    this.#made.push({ pk, seq, at: finished_at, kind: "complete", data: null });
  }

  /** Into the trash. It may not be active. */
  remove(known: Known): void {
    const entry = this.#open(known);
    const { job, state } = entry;
    this.#tally.leaves(job, state);
    this.keys.leave(job, state);
    this.#byAddress.delete(addressOf(job));
    this.#numbered.delete(job.pk);
    entry.end = "trash";
    this.#step.touched.add(job.queue);
  }

  /** Puts a job back as it was, at the end of the order. */
  restore({ job, enteredAt }: Trashed): Known {
    // None in the trash is active, so what is stored is what people see.
    const entry = this.#add(newEntry(job, job.state, "trash"));
    if (job.state === "waiting") this.#place(entry);
    this.#tally.enters(job, job.state);
    this.keys.comeBack(job, job.state);
    entry.enteredAt = enteredAt ?? this.now;
    this.#step.touched.add(job.queue);
    return entry;
  }

  /** Everything, at once; after that nothing may be changed here. @param leases - those that lost jobs on the way */
  async write(leases?: Leases): Promise<void> {
    const turns = new Map([...this.#numbered].map((pk, index) => [pk, index + 1]));
    const parts = {
      leases: leases?.changes ?? [],
      ...partsOf([...this.#entries.values()], turns),
      made: this.#made,
      events: this.#events,
      ...this.keys.changes,
      ...this.#tally.changes,
    };
    this.#entries.clear();
    const filled = Object.entries(parts).filter(([, part]) => part.length > 0);
    if (filled.length === 0) return;
    const changes = JSON.stringify({ now: this.now, numbered: turns.size, ...Object.fromEntries(filled) });
    await this.#step.db.get(writeChanges, { changes });
  }

  #add(entry: Entry): Entry {
    this.#entries.set(entry.job.pk, entry);
    this.#byAddress.set(addressOf(entry.job), entry);
    return entry;
  }

  #open({ job: { pk, queue, id } }: Known): Entry {
    const entry = this.#entries.get(pk);
    if (entry === undefined) throw new Error(`job ${queue}/${id} is changed after its step was written`);
    return entry;
  }

  /** At the end of the order: a fresh number if its time has come, else none, and a claim will give one. */
  #place(entry: Entry): void {
    const { pk, queue, run_at } = entry.job;
    entry.job = { ...entry.job, ord: null };
    entry.isPlaced = true;
    this.#numbered.delete(pk);
    if (run_at <= this.now) this.#numbered.add(pk);
    this.#step.offered.add(queue);
  }

  #enter(entry: Entry, before: LockedJob, to: State): void {
    const { job, state: from } = entry;
    this.#step.touched.add(job.queue);
    if (to === from) return;
    entry.state = to;
    entry.enteredAt = this.now;
    this.#tally.leaves(before, from);
    this.#tally.enters(job, to);
    this.keys.follow(job, to);
    if (to !== "waiting") this.#numbered.delete(job.pk);
  }
}

const TEXTS: readonly (keyof StoredTexts)[] = ["payload", "result", "progress", "errors", "undo"];

const addressOf = ({ queue, id }: JobRef): string => `${queue}\n${id}`;
