/**
 * Plays a sequence of commands on an adapter and on the model, and compares after every step the answer and
 * everything that can be read: all jobs, all events, the queues.
 */

import { deepStrictEqual } from "node:assert";
import type { Adapter, ApplyOptions, Claim, Decision, ExpiredSession, Lease, NewJob } from "../../contract/adapter.ts";
import { AUDIT_KIND } from "../../contract/entries.ts";
import { decideRescue } from "../../decisions/decide.ts";
import type { Job, JobRef } from "../../nouns/job.ts";
import { mayMove, type OperatorMove, PHASES, phaseOf } from "../../nouns/lifecycle.ts";
import type { Bench } from "../bench.ts";
import { type Command, type Draft, type LeasePick, QUEUES, type Step } from "./command.ts";
import { type Entry, isSame, refOf } from "./entry.ts";
import { Model, type Turn } from "./model.ts";

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
        const standing = model.extend(session, leases, command.leaseMs);
        const paused = new Set(
          leases.map(({ ref }) => ref.queue).filter((queue) => model.queue(queue).paused !== null),
        );
        deepStrictEqual(answer, { leases: standing, pausedQueues: [...paused].sort(), now: model.now });
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
        const { queue, on } = command;
        const paused = on ? { at: model.now, by: ACTOR, reason: null } : null;
        const changed = await adapter.operator[on ? "pause" : "resume"](queue, { actor: ACTOR });
        return deepStrictEqual(changed, model.set(queue, on ? "pause" : "resume", ACTOR, { paused }));
      }
      case "bound": {
        const { queue, maxSize } = command;
        model.set(queue, "configure", ACTOR, { maxSize });
        const settings = await adapter.operator.configure(queue, { maxSize }, { actor: ACTOR });
        return deepStrictEqual(settings.maxSize, maxSize);
      }
      case "expire":
        return deepStrictEqual((await adapter.sweeper.expire(1_000)).expired, model.expire());
      case "purge":
        return deepStrictEqual((await adapter.sweeper.purge(command, 1_000)).removed, model.purge(command));
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
    const batch = model.claim(request, met, this.#strictOrder ? inOrder : asAnswered(answer));
    deepStrictEqual(
      answer.jobs,
      batch.map((entry, index) => ({ ...fieldsOf(answer.jobs[index], entry.job), lease: model.leaseOf(entry) })),
    );
    const left = queues.map((one) => ({ queue: one.queue, since: model.claimable(one, "held")[0]?.job.runAt }));
    deepStrictEqual(
      answer.held,
      left.filter(({ since }) => since !== undefined),
    );
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
    const over = this.#model.expired();
    deepStrictEqual(
      found.map(({ session }) => this.#model.sessions.get(session)?.deadline),
      over.map(([, { deadline }]) => deadline),
    );
    for (const { session, alone, jobs } of found) {
      const held = jobs.map(({ lease }) => this.#model.find(lease.ref)).filter((entry) => entry !== undefined);
      deepStrictEqual(new Set(held), new Set(this.#model.heldBy(session)));
      deepStrictEqual(alone, this.#model.sessions.get(session)?.alone, `alone of ${session}`);
      for (const [index, { lease, facts }] of jobs.entries()) {
        const entry = held[index];
        deepStrictEqual(
          { lease, facts },
          entry && { lease: this.#model.leaseOf(entry), facts: fieldsOf(facts, entry.job) },
        );
      }
    }
    this.#found = found;
  }

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
      entries.map((entry) => (entry ? readOf(model, entry) : null)),
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

/** The job as readers see it. */
const readOf = (model: Model, entry: Entry): Job => ({
  ...entry.job,
  leaseUntil: entry.job.state === "active" ? model.deadlineOf(entry) : null,
});

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

/** The values that the job has for the fields of an answer. */
const fieldsOf = (answer: object | undefined, job: Job): Partial<Job> =>
  Object.fromEntries(Object.keys(answer ?? {}).map((field) => [field, job[field as keyof Job]]));

function countsOf(model: Model, queue: string): Readonly<Record<string, { readonly n: number; readonly exact: true }>> {
  const phases = model.jobs.filter(({ job }) => job.queue === queue).map(({ job }) => phaseOf(job, model.now));
  const counts = PHASES.map((phase) => [phase, { n: phases.filter((one) => one === phase).length, exact: true }]);
  return Object.fromEntries(counts);
}
