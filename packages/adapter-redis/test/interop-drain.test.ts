/** A worker of BullMQ's and one of ours on one queue, which programs of both fill. */

import { setTimeout } from "node:timers/promises";
import { createYard, defineJob } from "@jobyard/core";
import { newJob } from "@jobyard/core/testing";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { redisAdapter } from "../src/adapter.ts";
import { openYard, QUEUE, type Yard } from "./bullmq-ground.ts";
import { until } from "./links.ts";

/** More of them for a longer look: an even number. */
const JOBS = Number(process.env["JOBYARD_INTEROP_JOBS"] ?? 6_000);
const PER_CALL = 300;
const CONCURRENCY = 20;
/** The faster one would leave the other nothing. */
const WORK_MS = 8;

type Ran = (id: string) => void;

/** Our engine, as an application has it. */
async function ourWorker({ url, prefix }: Yard, ran: Ran): Promise<readonly unknown[]> {
  const yard = createYard({ adapter: redisAdapter({ url, prefix, fleet: "v6" }) });
  onTestFinished(() => yard.close());
  const errors: unknown[] = [];
  const greet = defineJob("greet", { queue: QUEUE, payload: z.string() }).handler(async ({ payload }) => {
    ran(payload);
    await setTimeout(WORK_MS);
  });
  const worker = yard.worker({
    ...{ jobs: [greet], queues: { [QUEUE]: { concurrency: CONCURRENCY } } },
    hooks: { onError: (error) => errors.push(error) },
  });
  await worker.start();
  return errors;
}

const kind = (n: number) => ({ delay: n % 11 === 0 ? 20 : 0, priority: n % 7 === 0 ? 1 + (n % 3) : 0 });

async function fill({ adapter, queue }: Yard): Promise<void> {
  for (let from = 0; from < JOBS / 2; from += PER_CALL) {
    const numbers = Array.from({ length: Math.min(PER_CALL, JOBS / 2 - from) }, (_, index) => from + index);
    await adapter.writer.enqueue(
      numbers.map((n) => {
        const { delay, priority } = kind(n);
        const start = { delayMs: delay };
        return newJob(`ours-${n}`, { payload: JSON.stringify(`ours-${n}`), priority, start, maxAttempts: 2 });
      }),
    );
    await queue.addBulk(
      numbers.map((n) => ({
        ...{ name: "greet", data: `theirs-${n}` },
        opts: { ...kind(n), jobId: `theirs-${n}`, attempts: 2 },
      })),
    );
  }
}

test(`${JOBS} jobs, delays, priorities and failures among them, end once each`, async () => {
  const yard = await openYard();
  const { queue } = yard;
  const ran = new Map<string, string[]>();
  const runs = (id: string, who: string): void => void ran.set(id, [...(ran.get(id) ?? []), who]);
  const failed = new Set<string>();
  const errors = await ourWorker(yard, (id) => runs(id, "ours"));
  yard.worker(
    async ({ data }) => {
      runs(data, "theirs");
      if (!data.endsWith("5") || failed.has(data)) return data;
      failed.add(data);
      throw new Error("once");
    },
    { concurrency: CONCURRENCY },
  );
  await fill(yard);
  await until("all are completed", async () => (await queue.getCompletedCount()) === JOBS);
  expect(errors).toEqual([]);
  expect(ran.size).toBe(JOBS);
  for (const [id, who] of ran) expect([id, who.length]).toEqual([id, failed.has(id) ? 2 : 1]);
  const all = [...ran.values()].flat();
  for (const who of ["ours", "theirs"]) expect(all.filter((one) => one === who).length).toBeGreaterThan(JOBS / 20);
  expect(failed.size).toBeGreaterThan(0);
  expect(await queue.getJobCounts("active", "waiting", "delayed", "prioritized", "failed")).toEqual({
    ...{ active: 0, waiting: 0, delayed: 0, prioritized: 0, failed: 0 },
  });
});
