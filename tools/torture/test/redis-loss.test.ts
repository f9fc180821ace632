/** What an outage takes along of a server that syncs its log once a second, and how that is told. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JobRef } from "@jobyard/core";
import type { HistoryEntry } from "@jobyard/core/testing";
import { connectRedis } from "@jobyard/servers";
import { expect, onTestFinished, test } from "vitest";
import { openServer } from "../backends/redis-server.ts";
import { lossFigures } from "../scenarios/loss-figures.ts";

test("a kill alone loses nothing that was written; a failure of the power loses the last second, and no more", async () => {
  const folder = await mkdtemp(join(tmpdir(), "jobyard-torture-loss-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const server = await openServer(join(folder, "redis"), { fsync: "everysec" });
  onTestFinished(() => server.stop());
  const written = await writeFor(server.url, 100);
  const { remarks } = await server.crash(0);
  expect(remarks).toEqual(['"DB loaded from append only file"']);
  expect(await highest(server.url)).toBe(written.at(-1)?.number);

  const later = await writeFor(server.url, 1_500);
  const torn = await server.crash(0);
  const kept = await highest(server.url);
  const lost = later.filter(({ number }) => number > kept);
  expect(torn.remarks[1]).toMatch(/^its last \d+ bytes were taken from it$/);
  expect(server.recoveries()).toBe(2);
  expect(lost.length).toBeGreaterThan(0);
  expect(lost.length).toBeLessThan(later.length);
  const [first, second] = server.losses();
  expect([first?.means, second?.means]).toEqual(["a kill of the server alone", "a failure of the power"]);
  for (const { at } of lost) expect(at).toBeGreaterThanOrEqual(second?.from ?? Number.POSITIVE_INFINITY);
});

interface Written {
  readonly number: number;
  readonly at: number;
}

/** Counts up, and notes when each number was answered. */
async function writeFor(url: string, ms: number): Promise<readonly Written[]> {
  const client = await connectRedis(url);
  const written: Written[] = [];
  for (const end = performance.now() + ms; performance.now() < end; )
    written.push({ number: await client.incr("count"), at: Date.now() });
  client.disconnect();
  return written;
}

async function highest(url: string): Promise<number> {
  const client = await connectRedis(url);
  const text = await client.get("count");
  client.disconnect();
  return Number(text);
}

const completion = (job: JobRef, call: number, isAccepted: boolean): readonly HistoryEntry[] => [
  {
    ...({ kind: "settle", at: 1, process: "w", call } as const),
    settlements: [{ ...job, epoch: 0, token: "t", move: "complete", guard: "held" }],
  },
  {
    ...({ kind: "settled", at: 1, process: "w", call } as const),
    answers: [isAccepted ? { outcome: "ok", state: "completed" } : { outcome: "lost" }],
  },
];

test("what was lost is told by the outage that took it, and nothing may be lost in between", () => {
  const jobs = [1, 2, 3].map((n) => ({ queue: "work", id: `job-${n}` }));
  const entries: readonly HistoryEntry[] = jobs.flatMap((job, index) => [
    { kind: "enqueue", at: 100 * index, process: "p", call: index, jobs: [job] },
    { kind: "enqueued", at: 100 * index + 1, process: "p", call: index, answers: ["accepted"] },
    ...[0, 1].flatMap((epoch) => completion(job, 10 * index + epoch, epoch === 0 || index === 0)),
  ]);
  const losses = [
    { means: "a kill of the server alone", bytes: 0, from: 95, to: 110 },
    { means: "a failure of the power", bytes: 9, from: 90, to: 150 },
  ];
  const told = (there: typeof jobs): readonly (readonly [string, number])[] =>
    lossFigures(entries, there, losses).map(({ label, value }) => [label, value]);
  const figures = (lost: number, inNone: number): readonly (readonly [string, number])[] => [
    ["outages: a kill of the server alone", 1],
    ["  answered enqueues that were lost", 0],
    ["outages: a failure of the power", 1],
    ["  answered enqueues that were lost", lost],
    ["lost, and answered longer before an outage than may be", inNone],
    ["jobs whose answered completion was undone, and done again", 1],
  ];
  expect(told(jobs)).toEqual(figures(0, 0));
  expect(told(jobs.filter(({ id }) => id !== "job-2"))).toEqual(figures(1, 0));
  expect(told(jobs.slice(0, 2))).toEqual(figures(0, 1));
});
