/** `board.examine` on a real store: that what is gathered is what was asked for. */

import { expect, test } from "vitest";
import { WORKER_KIND } from "../../src/nouns/worker-info.ts";
import { served, workerInfo } from "../worker-info.ts";
import { BURY, type Setup, setup } from "./bench.ts";

const levels = async ({ board }: Setup): Promise<Readonly<Record<string, string>>> =>
  Object.fromEntries((await board.examine()).map(({ code, level }) => [code, level]));

async function register({ adapter, ports }: Setup, queue: string, types: readonly string[]): Promise<void> {
  const now = ports.now();
  const queues = [served(queue, types)];
  const info = workerInfo({ session: `session-${queue}`, startedAt: now, seenAt: now, leaseMs: 600_000, queues });
  await adapter.records.put(WORKER_KIND, info.session, JSON.stringify(info), { ttlMs: 600_000 });
}

test("what the store says of itself stands beside what holds for every store, problems first", async () => {
  const yard = setup();
  await yard.enqueue({ queue: "docs" });
  yard.ports.advance("1m");
  const told = await yard.board.examine();
  expect(told[0]).toMatchObject({ code: "UNSERVED_QUEUES", level: "problem", evidence: { queues: 1, waiting: 1 } });
  expect(told.map(({ code }) => code)).toContain("MEMORY_DURABILITY");
  const ranks = told.map(({ level }) => ["problem", "advice", "ok"].indexOf(level));
  expect(ranks).toEqual(ranks.toSorted());
});

test("due jobs are compared with what the workers of their queue know", async () => {
  const yard = setup();
  await yard.enqueue({ queue: "mail", name: "greet" }, { queue: "docs", name: "greet" });
  yard.ports.advance("1m");
  await register(yard, "mail", ["greet"]);
  await register(yard, "docs", ["extract"]);
  const told = await yard.board.examine();
  expect(told.find(({ code }) => code === "UNKNOWN_TYPES")).toMatchObject({ level: "problem", text: /docs: greet\./ });
  expect(await levels(yard)).toMatchObject({ UNSERVED_QUEUES: "ok", WORKERS: "ok" });
});

test("due jobs of a newer version than any worker of their queue knows are told as explain tells them", async () => {
  const yard = setup();
  const [ref] = await yard.enqueue({ queue: "mail", name: "greet", version: 2 });
  await yard.enqueue({ queue: "docs", name: "greet", version: 1 });
  yard.ports.advance("1m");
  await register(yard, "mail", ["greet"]);
  await register(yard, "docs", ["greet"]);
  expect(ref && (await yard.board.explain(ref))).toMatchObject([{ code: "NO_HANDLER" }]);
  const told = await yard.board.examine();
  expect(told.find(({ code }) => code === "UNKNOWN_TYPES")).toMatchObject({
    level: "problem",
    text: /: mail: greet above version 1\.$/,
    evidence: { types: 1 },
  });
});

test("a lost worker's jobs are counted until somebody takes them back", async () => {
  const yard = setup();
  await yard.enqueue({}, {}, {});
  await yard.claim();
  yard.ports.advance("44s");
  expect(await levels(yard)).toMatchObject({ LEASES: "ok" });
  yard.ports.advance("2s");
  const told = await yard.board.examine();
  expect(told.find(({ code }) => code === "LEASES")).toMatchObject({
    level: "problem",
    evidence: { overdueJobs: 3, overMs: 16_000 },
  });
});

test("jobs that died lately are counted, older ones are not", async () => {
  const yard = setup();
  await yard.enqueue({});
  await yard.end(BURY);
  expect(await levels(yard)).toMatchObject({ DEAD_JOBS: "advice" });
  yard.ports.advance("2h");
  expect(await levels(yard)).toMatchObject({ DEAD_JOBS: "ok" });
});
