/** Where a job is, there is the block of its type: however it came, and whatever was rolled back or removed before. */

import { join } from "node:path";
import type { Adapter, PurgeRule } from "@jobyard/core/adapter";
import { claimRequest, manualPorts, newJob } from "@jobyard/core/testing";
import Database from "better-sqlite3";
import { expect, onTestFinished, test } from "vitest";
import { sqliteAdapter } from "../src/index.ts";
import { NUMBERS_IN_BLOCK } from "../src/lane-blocks.ts";
import { folder } from "./bench.ts";

async function open() {
  const file = join(await folder(), "jobs.db");
  const ports = manualPorts();
  const adapter = sqliteAdapter({ file, durability: "crash", ports });
  onTestFinished(() => adapter.close());
  const database = new Database(file);
  onTestFinished(() => void database.close());
  return { adapter, database, ports };
}

/** Jobs that no list by type would find. */
const lostIn = (database: Database.Database): readonly unknown[] =>
  database
    .prepare(`SELECT id FROM jobyard_job AS job WHERE NOT EXISTS
      (SELECT 1 FROM jobyard_lane_block WHERE lane = job.lane AND block = job.pk / ${NUMBERS_IN_BLOCK})`)
    .pluck()
    .all();
const blocksIn = (database: Database.Database): unknown =>
  database.prepare("SELECT count(*) FROM jobyard_lane_block").pluck().get();

const greetings = (from: number, count: number): ReturnType<typeof newJob>[] =>
  Array.from({ length: count }, (_, n) => newJob(`greet-${from + n}`));

async function complete(adapter: Adapter, count: number): Promise<void> {
  const queues = [{ queue: "mail", max: count, types: [{ name: "greet", maxVersion: 1 }] }];
  const { jobs } = await adapter.leaser.claim(claimRequest(`t${count}`, { max: count, queues }));
  expect(jobs).toHaveLength(count);
  const decision = { move: "complete", result: null } as const;
  await adapter.leaser.settle(jobs.map(({ lease }) => ({ lease, guard: "held", decision })));
}

const ALL_COMPLETED: PurgeRule = {
  queue: "mail",
  state: "completed",
  keep: { ageMs: null, count: 0, bytes: null },
};

test("of jobs in long and short runs, of several types, and of one at a time", async () => {
  const { adapter, database } = await open();
  await adapter.writer.enqueue(greetings(0, 3 * NUMBERS_IN_BLOCK + 7));
  expect(lostIn(database)).toEqual([]);
  const types = Array.from({ length: 2 * NUMBERS_IN_BLOCK }, (_, n) => newJob(`type-${n}`, { name: `type-${n % 3}` }));
  await adapter.writer.enqueue(types);
  const dedupe = (key: string) => ({ key, while: "open", onConflict: "skip" }) as const;
  for (let n = 0; n < 5; n++)
    await adapter.writer.enqueue([newJob(`key-${n}`, { name: "keyed", dedupe: dedupe(`${n}`) })]);
  expect(lostIn(database)).toEqual([]);
});

test("of a job after one whose transaction was rolled back, on the same connection", async () => {
  const { adapter, database } = await open();
  for (const end of ["ROLLBACK", "COMMIT"]) {
    database.exec("BEGIN IMMEDIATE");
    await adapter.writer.enqueue([newJob("a")], { tx: database });
    database.exec(end);
  }
  expect(blocksIn(database)).toBe(1);
  expect(lostIn(database)).toEqual([]);
});

test("of a job that comes back when retention has removed everything around it", async () => {
  const { adapter, database } = await open();
  await adapter.writer.enqueue([newJob("rare", { name: "rare" })]);
  const refs = [{ queue: "mail", id: "rare" }];
  const options = { actor: "ada" };
  expect(await adapter.operator.apply("cancel", refs, options)).toMatchObject([{ outcome: "done" }]);
  expect(await adapter.operator.apply("remove", refs, options)).toMatchObject([{ outcome: "done" }]);
  await adapter.writer.enqueue(greetings(0, 2 * NUMBERS_IN_BLOCK));
  await complete(adapter, 2 * NUMBERS_IN_BLOCK);
  await adapter.writer.enqueue(greetings(1_000, 1));
  expect(await adapter.sweeper.purge(ALL_COMPLETED, 10_000)).toMatchObject({ removed: 2 * NUMBERS_IN_BLOCK });
  expect(blocksIn(database)).toBe(1);
  expect(await adapter.operator.apply("restore", refs, options)).toMatchObject([{ outcome: "done" }]);
  expect(lostIn(database)).toEqual([]);
  const filter = [{ field: "name", not: false, any: [{ text: "rare", glob: false }] }] as const;
  const { items } = await adapter.reader.list({ filter, limit: 10, cursor: null });
  expect(items.map(({ id }) => id)).toEqual(["rare"]);
});
