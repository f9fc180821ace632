/** A soak: producer and workers in steady work on one file, for long, with retention on, and a look at what grows. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { sqliteAdapter } from "@jobyard/adapter-sqlite";
import { createYard, type Yard } from "@jobyard/core";
import type { Adapter } from "@jobyard/core/adapter";
import { Member } from "./crew.ts";
import { type Evidence, judge, type Verdict } from "./judge.ts";
import { EMPTY, type Ledger, together } from "./ledger.ts";
import type { Task } from "./messages.ts";
import type { Plan } from "./plan.ts";
import { freeBytes, type Sample, sizeOf } from "./sample.ts";

const QUEUE = "soak";
const LOOK_EVERY_MS = 100;
const LOOKS_PER_SAMPLE = 5;

/** @param onSample - called twice a second */
export async function soak(plan: Plan, onSample: (sample: Sample) => void = () => {}): Promise<Verdict> {
  const folder = await mkdtemp(join(tmpdir(), "jobyard-soak-"));
  const file = join(folder, "soak.db");
  const adapter = sqliteAdapter({ file, durability: plan.durability });
  const yard = createYard({ adapter });
  const run = new Run(plan, file, onSample);
  try {
    await yard.board.configure(QUEUE, { retention: { completed: { count: plan.keep } } }, { actor: "soak" });
    await run.toTheEnd();
    await lastSweep(adapter, plan.keep);
    return judge(await evidenceOf(run, yard, plan));
  } finally {
    run.kill();
    await yard.close();
    await rm(folder, { recursive: true, force: true });
  }
}

class Run {
  readonly samples: Sample[] = [];
  readonly #plan: Plan;
  readonly #file: string;
  readonly #onSample: (sample: Sample) => void;
  readonly #producer: Member;
  readonly #workers: readonly Member[];
  readonly #startedAt = performance.now();
  #firstJobAt: number | null = null;
  #fault: Error | null = null;
  #log = 0;

  constructor(plan: Plan, file: string, onSample: (sample: Sample) => void) {
    this.#plan = plan;
    this.#file = file;
    this.#onSample = onSample;
    const task: Omit<Task, "role"> = { file, durability: plan.durability, payload: plan.payload, open: plan.open };
    const onLost = (error: Error): void => {
      this.#fault ??= error;
    };
    const start = (name: string, role: Task["role"]): Member =>
      new Member(name, { ...task, role }, () => this.#order(), onLost);
    this.#workers = Array.from({ length: plan.workers }, (_, index) => start(`worker ${index + 1}`, "worker"));
    this.#producer = start("producer", "producer");
  }

  get enqueued(): Ledger {
    return this.#producer.ledger;
  }

  get ran(): Ledger {
    return this.#workers.map(({ ledger }) => ledger).reduce(together, EMPTY);
  }

  /** @throws Error if a process is lost or ends badly */
  async toTheEnd(): Promise<void> {
    await this.#watchUntil(() => this.enqueued.count >= this.#upTo());
    await this.#producer.stop();
    await this.#watchUntil(() => this.ran.count >= this.enqueued.count);
    for (const worker of this.#workers) await worker.stop();
    this.#look();
    this.#sample();
  }

  #look(): void {
    this.#log = Math.max(this.#log, sizeOf(`${this.#file}-wal`));
  }

  async #watchUntil(isOver: () => boolean): Promise<void> {
    for (let look = 1; !isOver(); look++) {
      await setTimeout(LOOK_EVERY_MS);
      if (this.#fault) throw this.#fault;
      this.#look();
      if (look % LOOKS_PER_SAMPLE === 0) this.#sample();
    }
  }

  kill(): void {
    for (const member of [this.#producer, ...this.#workers]) member.kill();
  }

  /** As far as the producer may go. Time begins with the first job. */
  #upTo(): number {
    const { jobs, minutes } = this.#plan;
    if (jobs !== null) return jobs;
    if (this.ran.count > 0) this.#firstJobAt ??= performance.now();
    const isTime = performance.now() - (this.#firstJobAt ?? Number.POSITIVE_INFINITY) < (minutes ?? 0) * 60_000;
    return isTime ? Number.MAX_SAFE_INTEGER : 0;
  }

  #order(): void {
    this.#producer.tell({ kind: "go", done: this.ran.count, upTo: this.#upTo() });
  }

  #sample(): void {
    const sample: Sample = {
      ms: performance.now() - this.#startedAt,
      done: this.ran.count,
      file: sizeOf(this.#file),
      log: this.#log,
      free: freeBytes(this.#file),
      processes: [...this.#workers, this.#producer].map((member) => member.sample),
    };
    this.#log = 0;
    this.samples.push(sample);
    this.#onSample(sample);
  }
}

/** What the workers left to their next sweep when they stopped. */
async function lastSweep({ sweeper }: Adapter, count: number): Promise<void> {
  const rule = { queue: QUEUE, state: "completed", keep: { ageMs: null, count, bytes: null } } as const;
  while ((await sweeper.purge(rule, 500)).more);
}

async function evidenceOf(run: Run, yard: Yard, plan: Plan): Promise<Evidence> {
  const { depth, counts } = await yard.board.queue(QUEUE);
  return {
    samples: run.samples,
    enqueued: run.enqueued,
    ran: run.ran,
    left: { open: depth, dead: counts.dead.n, completed: counts.completed.n },
    keep: plan.keep,
  };
}
