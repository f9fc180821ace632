/** A worker of BullMQ's and ours on one queue, which programs of both fill. */

import { newJob } from "@jobyard/core/testing";
import { expect, test } from "vitest";
import { claimJobs, complete, openYard, settleAll } from "./bullmq-ground.ts";
import { until } from "./links.ts";

const JOBS = 6_000;
const PER_CALL = 300;

test(`${JOBS} jobs, delays, priorities and failures among them, end once each`, async () => {
  const yard = await openYard();
  const { adapter, queue } = yard;
  const ran = new Map<string, string[]>();
  const runs = (id: string, who: string): void => void ran.set(id, [...(ran.get(id) ?? []), who]);
  const failing = new Set<string>();
  yard.worker(
    async (job) => {
      const id = job.id ?? "";
      runs(id, "theirs");
      if (Number(job.data) % 50 === 0 && !failing.has(id)) {
        failing.add(id);
        throw new Error("once");
      }
      return id;
    },
    { concurrency: 20 },
  );
  const kind = (n: number) => ({
    delay: n % 11 === 0 ? 20 : 0,
    priority: n % 7 === 0 ? 1 + (n % 3) : 0,
  });
  const fill = async (): Promise<void> => {
    for (let from = 0; from < JOBS; from += 2 * PER_CALL) {
      const numbers = Array.from({ length: PER_CALL }, (_, index) => from + index);
      const ours = numbers.map((n) => {
        const { delay, priority } = kind(n);
        return newJob(`ours-${n}`, { payload: String(n), priority, start: { delayMs: delay }, maxAttempts: 2 });
      });
      await adapter.writer.enqueue(ours);
      await queue.addBulk(
        numbers.map((n) => ({ name: "greet", data: n, opts: { ...kind(n), jobId: `theirs-${n}`, attempts: 2 } })),
      );
    }
  };
  const filled = fill();
  let isFilled = false;
  void filled.then(() => {
    isFilled = true;
  });
  const isDone = async (): Promise<boolean> => isFilled && (await queue.getCompletedCount()) === JOBS;
  const refused: unknown[] = [];
  while (!(await isDone())) {
    const jobs = await claimJobs(yard, 40, { waitMs: 100 });
    for (const { lease } of jobs) runs(lease.ref.id, "ours");
    refused.push(...(await settleAll(yard, jobs, complete())).filter(({ ok }) => !ok));
  }
  await filled;
  expect(refused).toEqual([]);
  expect(ran.size).toBe(JOBS);
  for (const [id, who] of ran) expect([id, who.length]).toEqual([id, failing.has(id) ? 2 : 1]);
  const all = [...ran.values()].flat();
  for (const who of ["ours", "theirs"]) expect(all.filter((one) => one === who).length).toBeGreaterThan(JOBS / 20);
  expect(failing.size).toBeGreaterThan(0);
  await until("nothing is left", async () => (await queue.getJobCountByTypes("active", "waiting", "delayed")) === 0);
  expect(await queue.getJobCounts("completed", "failed", "prioritized")).toEqual({
    ...{ completed: JOBS, failed: 0, prioritized: 0 },
  });
});
