/** An adapter and BullMQ's own classes on one queue, and the verbs in few words; all jobs are plain ones. */

import type {
  Adapter,
  ApplyOptions,
  AuditLine,
  Decision,
  Job,
  JobRef,
  LeasedJob,
  MoveResult,
  NewJob,
  OperatorMove,
  RetainedState,
  Retention,
} from "@jobyard/core/adapter";
import { claimRequest, newJob } from "@jobyard/core/testing";
import { Queue, type Job as StockJob } from "bullmq";
import { expect, onTestFinished } from "vitest";
import { type RedisOptions, redisAdapter } from "../src/index.ts";
import { type Ground, openGround } from "./scripts-ground.ts";

export const FAILURE = { code: "HANDLER_ERROR", message: "boom", stack: null } as const;
export const COMPLETE: Decision = { move: "complete", result: '"done"' };
export const BURY: Decision = { move: "bury", failure: FAILURE };
export const retryIn = (delayMs: number): Decision => ({ move: "retry", delayMs, failure: FAILURE });
export const refTo = (id: string): JobRef => ({ queue: "mail", id });

/** @param ground - of another yard, for a second adapter on the same store */
export async function openYard(options: Partial<RedisOptions> = {}, ground?: Ground): Promise<Yard> {
  return new Yard(ground ?? (await openGround()), options);
}

export class Yard {
  readonly ground: Ground;
  readonly adapter: Adapter;
  /** BullMQ's own. */
  readonly stock: Queue;
  #tokens = 0;

  constructor(ground: Ground, options: Partial<RedisOptions>) {
    this.ground = ground;
    const { url, prefix } = ground;
    this.adapter = redisAdapter({ url, prefix, clock: "stopped", ...options });
    this.stock = new Queue("mail", { connection: { url }, prefix, skipMetasUpdate: true });
    onTestFinished(async () => {
      await this.stock.close();
      await this.adapter.close();
    });
  }

  async add(...jobs: readonly (string | (Partial<NewJob> & { readonly id: string }))[]): Promise<void> {
    const all = jobs.map((job) => (typeof job === "string" ? newJob(job) : newJob(job.id, job)));
    const receipts = await this.adapter.writer.enqueue(all);
    expect(receipts.map(({ outcome }) => outcome)).toEqual(all.map(() => "accepted"));
  }

  async take(max = 1, held = false): Promise<readonly LeasedJob[]> {
    const queues = [{ queue: "mail", max, types: [{ name: "greet", maxVersion: 9 }] }];
    const request = claimRequest(`t${++this.#tokens}`, { max, queues, held, session: held ? "alone" : "w1" });
    return (await this.adapter.leaser.claim(request)).jobs;
  }

  async settle(job: LeasedJob | undefined, decision: Decision): Promise<void> {
    if (job === undefined) throw new Error("there was nothing to claim");
    const [settled] = await this.adapter.leaser.settle([{ lease: job.lease, guard: "held", decision }]);
    expect(settled?.ok).toBe(true);
  }

  /** Enqueues, claims and ends each, a second apart. */
  async end(decision: Decision, ...ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      await this.add(id);
      await this.settle((await this.take())[0], decision);
      await this.ground.advance(1_000);
    }
  }

  move(
    move: OperatorMove,
    ids: string | readonly string[],
    over: Partial<ApplyOptions> = {},
  ): Promise<readonly MoveResult[]> {
    const all = typeof ids === "string" ? [ids] : ids;
    return this.adapter.operator.apply(move, all.map(refTo), { actor: "ada", ...over });
  }

  /** The outcome of a move of one job. */
  async outcome(move: OperatorMove, id: string, over: Partial<ApplyOptions> = {}): Promise<MoveResult["outcome"]> {
    return (await this.move(move, id, over))[0]?.outcome ?? "missing";
  }

  async job(id: string): Promise<Job> {
    const [job] = await this.adapter.reader.get([refTo(id)]);
    if (!job) throw new Error(`no job ${id}`);
    return job;
  }

  /** As BullMQ reads it. */
  async stockJob(id: string): Promise<StockJob> {
    const job = await this.stock.getJob(id);
    if (!job) throw new Error(`BullMQ knows no job ${id}`);
    return job;
  }

  /** Those of the ids that are still there. */
  async left(...ids: readonly string[]): Promise<readonly string[]> {
    return (await this.adapter.reader.get(ids.map(refTo))).flatMap((job) => (job ? [job.id] : []));
  }

  async kinds(id: string): Promise<readonly string[]> {
    return (await this.adapter.reader.events(refTo(id), 0, 1_000))?.map(({ kind }) => kind) ?? [];
  }

  purge(
    state: RetainedState,
    keep: Partial<Retention>,
    limit = 100,
  ): Promise<{ readonly removed: number; readonly more: boolean }> {
    const rule = { queue: "mail", state, keep: { ageMs: null, count: null, bytes: null, ...keep } };
    return this.adapter.sweeper.purge(rule, limit);
  }

  /** So often that the walk over all indexes has come around. */
  async sweep(times = 6): Promise<void> {
    for (let n = 0; n < times; n++) await this.adapter.sweeper.expire(100);
  }

  async audit(): Promise<readonly AuditLine[]> {
    return (await this.adapter.records.list("audit", null, 100)).map(({ doc }) => JSON.parse(doc) as AuditLine);
  }

  /** Names of all keys but those that stay whatever happens, without the prefix. */
  async keys(): Promise<readonly string[]> {
    const { client, prefix } = this.ground;
    const stay = [":clock", ":number", ":leases", ":walk", "mail:meta", "mail:id", "mail:events", "mail:marker"];
    const names = (await client.keys(`${prefix}:*`)).map((key) => key.slice(prefix.length + 1));
    return names.filter((name) => !stay.includes(name) && !/^:rec/.test(name)).sort();
  }
}
