/** A file that an older version of this adapter made, and what becomes of it. */

import { join } from "node:path";
import { type Instant, QueueError } from "@jobyard/core/adapter";
import { claimRequest, manualPorts, newJob } from "@jobyard/core/testing";
import Database from "better-sqlite3";
import { expect, onTestFinished, test } from "vitest";
import { sqliteAdapter } from "../src/index.ts";
import { NUMBERS_IN_BLOCK } from "../src/lane-blocks.ts";
import { tables } from "../src/migrations/001-tables.sql.ts";
import { speedAndRetention } from "../src/migrations/002-speed-and-retention.sql.ts";
import { folder } from "./bench.ts";

const RULE = '{"type":"exponential","delayMs":1000,"maxDelayMs":600000,"jitter":0.2}';
/** Of every job below: `"p"` and `"r"`. */
const BYTES = 6;

/** As version 1 wrote it: one job waits, two run, two completed at once and one later, one is dead. */
const version1 = (now: Instant): string => `
  CREATE TABLE jobyard_schema (version INTEGER PRIMARY KEY, applied_at INTEGER NOT NULL) STRICT;
  INSERT INTO jobyard_schema VALUES (1, ${now});
  INSERT INTO jobyard_lane (id, queue, name, version) VALUES (1, 'mail', 'greet', 1);
  INSERT INTO jobyard_job (pk, queue, id, lane, state, priority, ord, run_at, created_at, max_attempts,
                           on_lease_lost, payload, result, backoff, finished_at, attempt, seq)
  SELECT column1, 'mail', column2, 1, column3, 0, column1, ${now}, ${now}, 3, 'retry', '"p"',
         iif(column4 IS NULL, NULL, '"r"'), '${RULE}', column4, column4 IS NOT NULL, iif(column4 IS NULL, 1, 3)
    FROM (VALUES (1, 'waits', 'waiting', NULL), (2, 'runs-a', 'waiting', NULL), (3, 'runs-b', 'waiting', NULL),
                 (4, 'done-a', 'completed', ${now - 50}), (5, 'done-b', 'completed', ${now - 50}),
                 (6, 'done-c', 'completed', ${now - 10}), (7, 'dead', 'dead', ${now - 30}));
  INSERT INTO jobyard_ready VALUES (1, 0, 1, 1);
  INSERT INTO jobyard_session VALUES ('gone', ${now + 1_000}, 0);
  INSERT INTO jobyard_lease (token, queue, session, claimed_at, exclusive, unsettled, pks)
  VALUES ('t0', 'mail', 'gone', ${now}, 0, 2, '[2,3]');
  INSERT INTO jobyard_attention VALUES (7, 'dead', 'mail', ${now - 30}, ${now - 30}, NULL);
  UPDATE jobyard_tally SET value = 7 WHERE queue = '';
  INSERT INTO jobyard_tally VALUES ('mail', 'depth', 3), ('mail', 'completed', 3);
  INSERT INTO jobyard_queue (name, configured, max_size, retention)
  VALUES ('mail', 1, 500, '{"completed":60000,"dead":null,"cancelled":1000}');
`;

/** As version 2 wrote it: of every hundred jobs that completed the first is of a rare type. */
const JOBS_OF_VERSION_2 = 3 * NUMBERS_IN_BLOCK;
const version2 = (now: Instant): string => `
  CREATE TABLE jobyard_schema (version INTEGER PRIMARY KEY, applied_at INTEGER NOT NULL) STRICT;
  INSERT INTO jobyard_schema VALUES (1, ${now}), (2, ${now});
  INSERT INTO jobyard_lane (id, queue, name, version) VALUES (3, 'mail', 'greet', 1), (7, 'mail', 'rare', 2);
  WITH RECURSIVE counted (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM counted WHERE n < ${JOBS_OF_VERSION_2})
  INSERT INTO jobyard_job (pk, queue, id, lane, state, priority, ord, run_at, created_at, max_attempts,
                           on_lease_lost, payload, finished_at, attempt, seq)
  SELECT n, 'mail', 'job-' || n, iif(n % 100 = 1, 7, 3), 'completed', 0, n, ${now}, ${now}, 3, 'retry', '"p"', ${now}, 1, 3
    FROM counted;
  UPDATE jobyard_tally SET value = ${JOBS_OF_VERSION_2} WHERE queue = '';
`;

async function upgradedFrom2() {
  const ports = manualPorts();
  const file = join(await folder(), "jobs.db");
  const database = new Database(file);
  onTestFinished(() => void database.close());
  for (const script of [tables.text, speedAndRetention.text, version2(ports.now())]) database.exec(script);
  // A process of version 2 that has the file open, and compiled how it finds its lane.
  const findLane = database.prepare(
    "SELECT id FROM jobyard_lane WHERE queue = ? AND name = ? AND version = ? AND grp = ''",
  );
  expect(findLane.get("mail", "rare", 2)).toEqual({ id: 7 });
  const adapter = sqliteAdapter({ file, ports });
  onTestFinished(() => adapter.close());
  expect(await adapter.schema.migrate()).toMatchObject({ from: 2 });
  return { adapter, findLane };
}

/** @param others - what an application has in the same file */
async function upgraded(others = "") {
  const ports = manualPorts();
  const file = join(await folder(), "jobs.db");
  const database = new Database(file);
  database.exec(others);
  database.exec(tables.text);
  database.exec(version1(ports.now()));
  database.close();
  const adapter = sqliteAdapter({ file, ports });
  onTestFinished(() => adapter.close());
  await expect(adapter.reader.queues()).rejects.toThrow(QueueError);
  await expect(adapter.reader.queues()).rejects.toMatchObject({ code: "SCHEMA_TOO_OLD" });
  expect(await adapter.schema.migrate()).toMatchObject({ from: 1 });
  return { adapter, ports };
}

test("jobs, settings and leases are what they were", async () => {
  const { adapter } = await upgraded();
  const [queue] = await adapter.reader.queues();
  expect(queue).toMatchObject({
    depth: 3,
    settings: {
      maxSize: 500,
      retention: {
        completed: { ageMs: 60_000, count: null, bytes: null },
        dead: { ageMs: null, count: null, bytes: null },
        cancelled: { ageMs: 1_000, count: null, bytes: null },
      },
    },
  });
  const [waits, runs] = await adapter.reader.get(["waits", "runs-a"].map((id) => ({ queue: "mail", id })));
  expect(waits).toMatchObject({ state: "waiting", backoff: JSON.parse(RULE) });
  expect(runs).toMatchObject({ state: "active", worker: "gone", attempt: 1 });
  expect((await adapter.leaser.claim(claimRequest("t1"))).jobs.map(({ lease }) => lease.ref.id)).toEqual(["waits"]);
});

test("jobs that ran at the upgrade are settled or rescued under their old leases", async () => {
  const { adapter, ports } = await upgraded();
  const lease = (id: string) => ({ ref: { queue: "mail", id }, epoch: 0, token: "t0", session: "gone" });
  const complete = { move: "complete", result: null } as const;
  expect(await adapter.leaser.settle([{ lease: lease("runs-a"), guard: "held", decision: complete }])).toMatchObject([
    { ok: true, state: "completed" },
  ]);
  ports.advance(2_000);
  const [session] = await adapter.leaser.expired(10);
  expect(session?.jobs.map((job) => job.lease)).toEqual([lease("runs-b")]);
});

test("retention removes the oldest of what had completed before, by number and by bytes", async () => {
  const { adapter } = await upgraded();
  const purge = (keep: { count: number | null; bytes: number | null }) =>
    adapter.sweeper.purge({ queue: "mail", state: "completed", keep: { ageMs: null, ...keep } }, 10);
  const left = async () =>
    (await adapter.reader.get(["done-a", "done-b", "done-c"].map((id) => ({ queue: "mail", id })))).flatMap(
      (job) => job?.id ?? [],
    );
  expect(await purge({ count: 2, bytes: null })).toEqual({ removed: 1, more: false });
  expect(await left()).toEqual(["done-b", "done-c"]);
  expect(await purge({ count: null, bytes: BYTES })).toEqual({ removed: 1, more: false });
  expect(await left()).toEqual(["done-c"]);
  await adapter.writer.enqueue([newJob("new")]);
});

test("an application's own tables are no obstacle, nor is a view of one that is gone", async () => {
  const { adapter } = await upgraded(`
    CREATE TABLE orders (id TEXT); CREATE TABLE gone (id TEXT);
    CREATE VIEW broken AS SELECT id FROM gone; DROP TABLE gone;
  `);
  expect(await adapter.writer.enqueue([newJob("new")])).toMatchObject([{ outcome: "accepted" }]);
});

test("jobs of several types are listed and counted by their types, with those that come after the upgrade", async () => {
  const { adapter } = await upgradedFrom2();
  await adapter.writer.enqueue([newJob("new", { name: "rare", version: 2 })]);
  const filter = [{ field: "name", not: false, any: [{ text: "rare", glob: false }] }] as const;
  const { items } = await adapter.reader.list({ filter, limit: 10, cursor: null });
  expect(items.map(({ id }) => id)).toEqual(["new", "job-301", "job-201", "job-101", "job-1"]);
  expect(await adapter.reader.facets([], "name", 10)).toEqual([
    { value: "greet", count: { n: JOBS_OF_VERSION_2 - 4, exact: true } },
    { value: "rare", count: { n: 5, exact: true } },
  ]);
});

test("a process of an older version that is still there cannot enqueue: lists by type would miss its jobs", async () => {
  const { findLane } = await upgradedFrom2();
  expect(() => findLane.get("mail", "rare", 2)).toThrow(/grp/);
});
