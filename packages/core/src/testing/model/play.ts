/**
 * Plays a sequence of commands on an adapter and on the model, and compares after every step the answer and
 * everything that can be read: all jobs, all events, the queues.
 */

import { deepStrictEqual } from "node:assert";
import type { Adapter, ApplyOptions, Claim, Decision, ExpiredSession, Lease, NewJob } from "../../contract/adapter.ts";
import { AUDIT_KIND } from "../../contract/entries.ts";
import { decideRescue } from "../../decisions/decide.ts";
import type { JobRef } from "../../nouns/job.ts";
import { mayMove, type OperatorMove, PHASES, phaseOf } from "../../nouns/lifecycle.ts";
import type { Bench } from "../bench.ts";
import { type Command, type Draft, type LeasePick, QUEUES, type Step } from "./command.ts";
import { type Entry, Model, type Turn } from "./model.ts";

/** What a run met, so that a zero can be told from a test that looked nowhere. */
export interface Figures {
  sequences: number;
  commands: number;
  /** Settlements, entries and heartbeats under a lease that was lost. */
  staleRefused: number;
  /** Rescues of sessions that were alive. */
  liveRefused: number;
  rescued: number;
  exclusiveBatches: number;
  yielded: number;
  full: number;
  events: number;
}

export const noFigures = (): Figures => ({
  sequences: 0,
  commands: 0,
  staleRefused: 0,
  liveRefused: 0,
  rescued: 0,
  exclusiveBatches: 0,
  yielded: 0,
  full: 0,
  events: 0,
});

/** @throws AssertionError that shows the first difference, and at which step */
export async function play(
  bench: Bench,
  steps: readonly Step[],
  strictOrder: boolean,
  figures: Figures,
): Promise<void> {
  const handles = [bench.adapter, (await bench.another?.()) ?? bench.adapter] as const;
  const player = new Player(bench, new Model(await bench.adapter.reader.now()), strictOrder, figures);
  try {
    for (const [index, { via, command }] of steps.entries()) {
      try {
        await player.step(handles[via], command);
      } catch (error) {
        throw new Error(`step ${index + 1}, ${command.do}: ${(error as Error).message}`, { cause: error });
      }
    }
    await player.compareAudit();
    figures.sequences += 1;
  } finally {
    if (handles[1] !== handles[0]) await handles[1].close();
  }
}

const ACTOR = "model";
const FAILURE = { code: "HANDLER_ERROR", message: "boom", stack: null };

class Player {
  readonly #bench: Bench;
  readonly #model: Model;
  readonly #strictOrder: boolean;
  readonly #figures: Figures;
  /** Every job that there ever was, in the order of appearance. */
  readonly #known = new Map<string, JobRef>();
  readonly #leases: Lease[] = [];
  readonly #operations: string[] = [];
  /** How often each session crashed: its successor has another name. */
  readonly #crashes = [0, 0, 0, 0];
  #found: readonly ExpiredSession[] | null = null;
  #made = 0;

  constructor(bench: Bench, model: Model, strictOrder: boolean, figures: Figures) {
    this.#bench = bench;
    this.#model = model;
    this.#strictOrder = strictOrder;
    this.#figures = figures;
  }

  async step(adapter: Adapter, command: Command): Promise<void> {
    await this.#perform(adapter, command);
    await this.#compareStores(adapter);
    this.#figures.commands += 1;
  }

  async #perform(adapter: Adapter, command: Command): Promise<void> {
    const model = this.#model;
    switch (command.do) {
      case "enqueue": {
        const jobs = command.jobs.map((draft) => this.#newJob(draft));
        const receipts = await adapter.writer.enqueue(jobs);
        deepStrictEqual(receipts, model.enqueue(jobs));
        this.#figures.full += receipts.filter(({ outcome }) => outcome === "full").length;
        return;
      }
      case "claim":
        return this.#claim(adapter, command);
      case "settle":
        return this.#settle(
          adapter,
          command.ends.flatMap((end) => {
            const followUps = end.followUps.map((draft) => this.#newJob(draft));
            const decision = decisionOf(end);
            return this.#pick(end.lease).map((lease) => ({ lease, guard: end.guard, decision, followUps }));
          }),
        );
      case "look":
        return this.#look(adapter);
      case "rescue":
        return this.#rescue(adapter);
      case "extend": {
        const session = this.#session(command.session);
        const leases = [
          ...model.heldBy(session).map(model.leaseOf),
          ...command.others.flatMap((one) => this.#pick(one)),
        ];
        const answer = await adapter.leaser.extend(session, leases, command.leaseMs);
        deepStrictEqual(answer, model.extend(session, leases, command.leaseMs));
        this.#figures.staleRefused += answer.leases.filter((standing) => standing === "lost").length;
        return;
      }
      case "append": {
        const entries = command.entries.flatMap(({ lease, kind }) =>
          this.#pick(lease).map((own) => ({ lease: own, kind, data: `${++this.#made}` })),
        );
        const written = await adapter.leaser.append(entries);
        deepStrictEqual(written, model.append(entries));
        this.#figures.staleRefused += written.filter((one) => !one).length;
        return;
      }
      case "retire":
        await adapter.leaser.retire(this.#session(command.session));
        return model.retire(this.#session(command.session));
      case "crash":
        this.#crashes[command.session] = (this.#crashes[command.session] ?? 0) + 1;
        return;
      case "move":
        return this.#move(adapter, command);
      case "pause": {
        const verb = command.on ? "pause" : "resume";
        return deepStrictEqual(
          await adapter.operator[verb](command.queue, { actor: ACTOR }),
          model[verb](command.queue, ACTOR),
        );
      }
      case "bound":
        await adapter.operator.configure(command.queue, { maxSize: command.maxSize }, { actor: ACTOR });
        return model.bound(command.queue, command.maxSize, ACTOR);
      case "expire":
        return deepStrictEqual(await adapter.sweeper.expire(1_000), model.expire());
      case "purge":
        return deepStrictEqual(await adapter.sweeper.purge(command, 1_000), model.purge(command));
      case "wait":
        await this.#bench.advance(command.ms);
        model.now += command.ms;
        return;
    }
  }

  // ── claiming ──

  async #claim(adapter: Adapter, command: Extract<Command, { do: "claim" }>): Promise<void> {
    const model = this.#model;
    const session = this.#session(command.session);
    const queues = command.queues.map(({ queue, max, knows }) => ({ queue, max, types: TYPES[knows] }));
    const { max, held, leaseMs } = command;
    const request = { session, token: `t${++this.#made}`, leaseMs, max, queues, waitMs: 0, held };
    const answer = await adapter.leaser.claim(request);
    const met = await this.#expiredByClaim(
      adapter,
      queues.map(({ queue }) => queue),
    );
    const expected = model.claim(request, met, this.#strictOrder ? inOrder : asAnswered(answer));
    deepStrictEqual(answer.jobs, expected.jobs);
    deepStrictEqual(answer.held, expected.held);
    deepStrictEqual(answer.now, model.now);
    this.#leases.push(...answer.jobs.map(({ lease }) => lease));
    if (answer.jobs.some(({ heldLimit }) => heldLimit !== null)) this.#figures.exclusiveBatches += 1;
  }

  /** A claim may cancel the overdue jobs that it meets; which ones, only the store knows. */
  async #expiredByClaim(adapter: Adapter, queues: readonly string[]): Promise<readonly JobRef[]> {
    const overdue = this.#model.jobs
      .filter((entry) => this.#model.isOverdue(entry))
      .map(({ job }) => refOf(job))
      .filter(({ queue }) => queues.includes(queue) && this.#model.queue(queue).paused === null);
    if (overdue.length === 0) return [];
    const jobs = await adapter.reader.get(overdue);
    return overdue.filter((_, index) => jobs[index]?.state === "cancelled");
  }

  // ── settling ──

  async #settle(adapter: Adapter, settlements: Parameters<Adapter["leaser"]["settle"]>[0]): Promise<void> {
    const settled = await adapter.leaser.settle(settlements);
    deepStrictEqual(settled, this.#model.settle(settlements));
    for (const answer of settled) {
      if (answer.ok && answer.reason === "duplicate") this.#figures.yielded += 1;
      if (!answer.ok) this.#figures[answer.now === "live" ? "liveRefused" : "staleRefused"] += 1;
    }
  }

  async #look(adapter: Adapter): Promise<void> {
    const found = await adapter.leaser.expired(1_000);
    deepStrictEqual(sorted(found), sorted(this.#model.expired()));
    deepStrictEqual(
      found.map(({ session }) => this.#deadline(session)),
      this.#deadlines(found.length),
    );
    this.#found = found;
  }
  #deadline = (session: string): number => this.#model.sessions.get(session)?.deadline ?? 0;
  /** Of the sessions that are over: longest over first. */
  #deadlines = (count: number): readonly number[] =>
    [...this.#model.sessions.values()]
      .map(({ deadline }) => deadline)
      .sort((a, b) => a - b)
      .slice(0, count);

  /** Decides as core does, on what was seen at the last look, which may be long ago. */
  async #rescue(adapter: Adapter): Promise<void> {
    if (this.#found === null) await this.#look(adapter);
    const settlements = (this.#found ?? []).flatMap(({ alone, jobs }) =>
      jobs.map(({ lease, facts }) => {
        const decision = decideRescue(facts, { alone, unsettled: jobs.length }, 0.5);
        return { lease, guard: "expired", decision } as const;
      }),
    );
    this.#found = null;
    this.#figures.rescued += settlements.length;
    await this.#settle(adapter, settlements);
  }

  // ── operating ──

  async #move(adapter: Adapter, command: Extract<Command, { do: "move" }>): Promise<void> {
    const among = command.of === "fit" ? this.#fitting(command.move) : [...this.#known.values()];
    const refs = command.jobs.flatMap((nth) => among[nth % (among.length || 1)] ?? []);
    const options = this.#options(command, refs);
    deepStrictEqual(
      await adapter.operator.apply(command.move, refs, options),
      this.#model.apply(command.move, refs, options),
    );
  }

  #fitting(move: OperatorMove): readonly JobRef[] {
    if (move === "restore") return [...this.#model.trash.values()].map(({ entry }) => refOf(entry.job));
    const fits = ({ job, undo }: Entry): boolean => mayMove(move, job.state) && (move !== "revert" || undo !== null);
    return this.#model.jobs.filter(fits).map(({ job }) => refOf(job));
  }

  #options({ move, expect, named, ...more }: Extract<Command, { do: "move" }>, refs: readonly JobRef[]): ApplyOptions {
    const job = refs[0] && this.#model.find(refs[0])?.job;
    const opId =
      move === "revert" ? this.#earlierOperation(expect, job?.lastOp ?? null) : named ? `op${++this.#made}` : null;
    if (opId !== null) this.#operations.push(opId);
    return {
      actor: ACTOR,
      ...(opId !== null && { opId }),
      ...((move === "requeue" || move === "edit") && more.payload !== null && { payload: more.payload }),
      ...((move === "requeue" || move === "reschedule") && { delayMs: more.delayMs }),
      ...(move === "reprioritise" && { priority: more.priority }),
      ...(move === "edit" && { payload: more.payload ?? '{"n":4}' }),
      ...(expect !== "any" &&
        job &&
        move !== "restore" && { expectEpoch: expect === "known" ? job.epoch : job.epoch - 1 }),
    };
  }
  #earlierOperation = (expect: string, last: string | null): string | null =>
    expect === "old" ? (this.#operations.at(-2) ?? null) : last;

  // ── naming ──

  #session = (nth: number): string => `w${nth}.${this.#crashes[nth] ?? 0}`;

  #pick({ from, nth }: LeasePick): readonly Lease[] {
    const model = this.#model;
    const held = model.jobs.filter(({ job }) => job.state === "active").map(model.leaseOf);
    const leases = from === "held" ? held : this.#leases;
    // The latest come first: they are the ones that are confused most easily.
    return leases.length === 0 ? [] : leases.slice(-1 - (nth % leases.length)).slice(0, 1);
  }

  #newJob({ id, start, ...draft }: Draft): NewJob {
    const ref = { queue: draft.queue, id: `${draft.queue}-${id}` };
    this.#known.set(`${ref.queue}/${ref.id}`, ref);
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

  // ── comparing ──

  async #compareStores(adapter: Adapter): Promise<void> {
    const model = this.#model;
    const refs = [...this.#known.values()];
    const entries = refs.map((ref) => model.find(ref));
    const jobs = await adapter.reader.get(refs);
    deepStrictEqual(
      jobs,
      entries.map((entry) => (entry ? model.read(entry) : null)),
    );
    for (const [index, ref] of refs.entries()) {
      const events = await adapter.reader.events(ref, 0, 10_000);
      deepStrictEqual(events, entries[index]?.events ?? null, `events of ${ref.queue}/${ref.id}`);
      this.#figures.events += events?.length ?? 0;
    }
    for (const queue of QUEUES) {
      const [info] = await adapter.reader.queues(queue);
      const seen = { depth: info?.depth, paused: info?.paused, maxSize: info?.settings.maxSize, counts: info?.counts };
      const { paused, maxSize } = model.queue(queue);
      deepStrictEqual(seen, { depth: model.depth(queue), paused, maxSize, counts: countsOf(model, queue) });
    }
  }

  async compareAudit(): Promise<void> {
    const records = await this.#bench.adapter.records.list(AUDIT_KIND, null, 10_000);
    deepStrictEqual(records.map(({ doc }) => doc).sort(), [...this.#model.audit].sort(), "audit");
  }
}

const TYPES = {
  all: [
    { name: "x", maxVersion: 2 },
    { name: "y", maxVersion: 2 },
  ],
  x1: [{ name: "x", maxVersion: 1 }],
  y2: [{ name: "y", maxVersion: 2 }],
} as const;

const inOrder: Turn = (candidates, room) => candidates.slice(0, room);

/** For stores that promise less than the guide's order: the store's choice is taken if it keeps what is promised. */
const asAnswered =
  ({ jobs }: Claim): Turn =>
  (candidates, room) => {
    const chosen = jobs
      .flatMap(({ lease }) => candidates.find(({ job }) => isRef(job, lease.ref)) ?? [])
      .slice(0, room);
    deepStrictEqual(chosen.length, Math.min(room, candidates.length), "as many as there are and fit");
    const left = candidates.filter((entry) => !chosen.includes(entry));
    const inTurn = [...chosen, ...left].filter((entry) => entry.plain);
    deepStrictEqual(inTurn.map(placeOf), [...inTurn].sort(byPlace).map(placeOf), "order of jobs that never waited");
    const urgent = Math.min(...left.map(({ job }) => job.priority));
    deepStrictEqual(
      chosen.filter(({ job }) => job.priority > urgent).map(({ job }) => job.id),
      [],
      "less urgent ones",
    );
    return chosen;
  };
const placeOf = ({ job, born }: Entry): string => `${job.priority}:${born}`;
const byPlace = (a: Entry, b: Entry): number => a.job.priority - b.job.priority || a.born - b.born;
const isRef = (a: JobRef, b: JobRef): boolean => a.queue === b.queue && a.id === b.id;

function decisionOf({ ending, delayMs }: { readonly ending: string; readonly delayMs: number }): Decision {
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
    default:
      return { move: "rescue", to: "waiting", charged: delayMs === 0, heldLimit: null, delayMs, failure: FAILURE };
  }
}

/** Order of sessions is compared by their deadlines alone, that of jobs within a session not at all. */
const sorted = (sessions: readonly ExpiredSession[]): readonly ExpiredSession[] =>
  sessions
    .map((one) => ({ ...one, jobs: [...one.jobs].sort((a, b) => compare(keyOf(a.lease.ref), keyOf(b.lease.ref))) }))
    .sort((a, b) => compare(a.session, b.session));
const refOf = ({ queue, id }: JobRef): JobRef => ({ queue, id });
const keyOf = ({ queue, id }: JobRef): string => `${queue}/${id}`;
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function countsOf(model: Model, queue: string): Readonly<Record<string, { readonly n: number; readonly exact: true }>> {
  const phases = model.jobs.filter(({ job }) => job.queue === queue).map(({ job }) => phaseOf(job, model.now));
  const counts = PHASES.map((phase) => [phase, { n: phases.filter((one) => one === phase).length, exact: true }]);
  return Object.fromEntries(counts);
}
