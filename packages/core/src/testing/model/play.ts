/**
 * Plays a sequence of commands on an adapter and on the model, and compares after every step the answer and
 * everything that can be read: all jobs, all events, the queues.
 */

import { deepStrictEqual } from "node:assert";
import type { Adapter, ExpiredSession, Settlement } from "../../contract/adapter.ts";
import { decideRescue } from "../../decisions/decide.ts";
import type { Job, JobRef } from "../../nouns/job.ts";
import type { Bench } from "../bench.ts";
import { ACTOR, Cast } from "./cast.ts";
import type { Command, Step } from "./command.ts";
import { refOf } from "./entry.ts";
import type { Figures } from "./figures.ts";
import { Model } from "./model.ts";
import { compareAudit, compareStores } from "./snapshot.ts";
import { asAnswered, inOrder } from "./turn.ts";

/**
 * @param strictOrder - see `SuiteOptions`
 * @param figures - counted up
 * @throws Error that tells at which step the first difference showed, and what it was
 */
export async function play(
  bench: Bench,
  steps: readonly Step[],
  strictOrder: boolean,
  figures: Figures,
): Promise<void> {
  const handles = [bench.adapter, (await bench.another?.()) ?? bench.adapter] as const;
  const model = new Model(await bench.adapter.reader.now());
  const cast = new Cast(model);
  const player = new Player(bench, model, cast, strictOrder, figures);
  try {
    for (const [index, { via, command }] of steps.entries()) {
      try {
        await player.perform(handles[via], command);
        figures.events += await compareStores(handles[via], model, cast.everyJob());
      } catch (error) {
        throw new Error(`step ${index + 1}, ${command.do}: ${(error as Error).message}`, { cause: error });
      }
      figures.commands += 1;
    }
    await compareAudit(bench.adapter, model);
    figures.sequences += 1;
  } finally {
    if (handles[1] !== handles[0]) await handles[1].close();
  }
}

type Of<D extends Command["do"]> = Extract<Command, { readonly do: D }>;

class Player {
  readonly #bench: Bench;
  readonly #model: Model;
  readonly #cast: Cast;
  readonly #strictOrder: boolean;
  readonly #figures: Figures;
  #found: readonly ExpiredSession[] | null = null;

  constructor(bench: Bench, model: Model, cast: Cast, strictOrder: boolean, figures: Figures) {
    this.#bench = bench;
    this.#model = model;
    this.#cast = cast;
    this.#strictOrder = strictOrder;
    this.#figures = figures;
  }

  async perform(adapter: Adapter, command: Command): Promise<void> {
    const model = this.#model;
    switch (command.do) {
      case "enqueue":
        return this.#enqueue(adapter, command);
      case "claim":
        return this.#claim(adapter, command);
      case "settle":
        return this.#settle(adapter, this.#settlements(command));
      case "look":
        return this.#look(adapter);
      case "rescue":
        return this.#rescue(adapter);
      case "extend":
        return this.#extend(adapter, command);
      case "append":
        return this.#append(adapter, command);
      case "retire":
        await adapter.leaser.retire(this.#cast.session(command.session));
        return model.retire(this.#cast.session(command.session));
      case "crash":
        return this.#cast.crash(command.session);
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
      case "purge": {
        const { queue, state, keep, limit } = command;
        const rule = { queue, state, keep };
        return deepStrictEqual(await adapter.sweeper.purge(rule, limit), model.purge(rule, limit));
      }
      case "wait":
        await this.#bench.advance(command.ms);
        model.now += command.ms;
        return;
    }
  }

  async #enqueue({ writer }: Adapter, command: Of<"enqueue">): Promise<void> {
    const jobs = command.jobs.map((draft) => this.#cast.newJob(draft));
    const receipts = await writer.enqueue(jobs);
    deepStrictEqual(receipts, this.#model.enqueue(jobs));
    this.#figures.full += receipts.filter(({ outcome }) => outcome === "full").length;
  }

  async #claim(adapter: Adapter, { max, held, leaseMs, ...command }: Of<"claim">): Promise<void> {
    const model = this.#model;
    const queues = command.queues.map((one) => this.#cast.asked(one));
    const session = this.#cast.session(command.session);
    const request = { session, token: this.#cast.fresh("t"), leaseMs, max, queues, waitMs: 0, held };
    const answer = await adapter.leaser.claim(request);
    const met = await this.#expiredMeanwhile(adapter);
    const batch = model.claim(request, met, this.#strictOrder ? inOrder : asAnswered(answer));
    deepStrictEqual(
      answer.jobs,
      batch.map((entry, index) => ({ ...fieldsOf(answer.jobs[index], entry.job), lease: model.leaseOf(entry) })),
    );
    const left = queues.flatMap((one) => {
      const first = model.claimable(one, "held")[0];
      return first ? { queue: one.queue, since: first.job.runAt } : [];
    });
    deepStrictEqual({ held: answer.held, now: answer.now }, { held: left, now: model.now });
    this.#cast.remember(answer.jobs.map(({ lease }) => lease));
    if (answer.jobs.some(({ heldLimit }) => heldLimit !== null)) this.#figures.exclusiveBatches += 1;
  }

  /** A claim may cancel the overdue jobs that it meets; which ones, only the store knows. */
  async #expiredMeanwhile({ reader }: Adapter): Promise<readonly JobRef[]> {
    const overdue = this.#model.jobs.filter(this.#model.isOverdue).map(({ job }) => refOf(job));
    const jobs = overdue.length === 0 ? [] : await reader.get(overdue);
    return overdue.filter((_, index) => jobs[index]?.state === "cancelled");
  }

  #settlements = ({ ends }: Of<"settle">): readonly Settlement[] =>
    ends.flatMap((end) => {
      const followUps = end.followUps.map((draft) => this.#cast.newJob(draft));
      const decision = this.#cast.decision(end);
      return this.#cast.lease(end.lease).map((lease) => ({ lease, guard: end.guard, decision, followUps }));
    });

  async #settle({ leaser }: Adapter, settlements: readonly Settlement[]): Promise<void> {
    const settled = await leaser.settle(settlements);
    deepStrictEqual(settled, this.#model.settle(settlements));
    for (const answer of settled) {
      if (answer.ok && answer.reason === "duplicate") this.#figures.yielded += 1;
      if (!answer.ok) this.#figures[answer.now === "live" ? "liveRefused" : "staleRefused"] += 1;
    }
  }

  /** Sessions come in the order of their deadlines; those that ended together, and the jobs of one, in any. */
  async #look({ leaser }: Adapter): Promise<void> {
    const model = this.#model;
    const found = await leaser.expired(1_000);
    deepStrictEqual(
      found.map(({ session }) => model.sessions.get(session)?.deadline),
      model.expired().map(({ deadline }) => deadline),
    );
    for (const { session, alone, jobs } of found) {
      deepStrictEqual(alone, model.sessions.get(session)?.alone, `alone of ${session}`);
      const held = jobs.flatMap(({ lease }) => model.own(lease) ?? []);
      deepStrictEqual(new Set(held), new Set(model.heldBy(session)), `jobs of ${session}`);
      deepStrictEqual(
        jobs,
        held.map((entry, index) => ({ lease: model.leaseOf(entry), facts: fieldsOf(jobs[index]?.facts, entry.job) })),
      );
    }
    this.#found = found;
  }

  /** Decides as core does, on what was seen at the last look, which may be long ago. */
  async #rescue(adapter: Adapter): Promise<void> {
    if (this.#found === null) await this.#look(adapter);
    const settlements = (this.#found ?? []).flatMap(({ alone, jobs }) =>
      jobs.map(({ lease, facts }): Settlement => {
        const decision = decideRescue(facts, { alone, unsettled: jobs.length }, 0.5);
        return { lease, guard: "expired", decision };
      }),
    );
    this.#found = null;
    this.#figures.rescued += settlements.length;
    await this.#settle(adapter, settlements);
  }

  async #extend({ leaser }: Adapter, { leaseMs, others, ...command }: Of<"extend">): Promise<void> {
    const model = this.#model;
    const session = this.#cast.session(command.session);
    const own = model.heldBy(session).map(model.leaseOf);
    const leases = [...own, ...others.flatMap((one) => this.#cast.lease(one))];
    const answer = await leaser.extend(session, leases, leaseMs);
    const standing = model.extend(session, leases, leaseMs);
    const paused = leases.map(({ ref }) => ref.queue).filter((queue) => model.queue(queue).paused !== null);
    deepStrictEqual(answer, { leases: standing, pausedQueues: [...new Set(paused)].sort(), now: model.now });
    this.#figures.staleRefused += standing.filter((one) => one === "lost").length;
  }

  async #append({ leaser }: Adapter, command: Of<"append">): Promise<void> {
    const entries = command.entries.flatMap(({ lease, kind }) =>
      this.#cast.lease(lease).map((own) => ({ lease: own, kind, data: this.#cast.fresh("") })),
    );
    const written = await leaser.append(entries);
    deepStrictEqual(written, this.#model.append(entries));
    this.#figures.staleRefused += written.filter((one) => !one).length;
  }

  async #move({ operator }: Adapter, command: Of<"move">): Promise<void> {
    const refs = this.#cast.targets(command);
    const options = this.#cast.options(command, refs[0]);
    deepStrictEqual(await operator.apply(command.move, refs, options), this.#model.apply(command.move, refs, options));
  }
}

/** The values that the job has for the fields of an answer. */
const fieldsOf = (answer: object | undefined, job: Job): Partial<Job> =>
  Object.fromEntries(Object.keys(answer ?? {}).map((field) => [field, job[field as keyof Job]]));
