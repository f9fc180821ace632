/** A file that an older version of this adapter made, and what becomes of it. */

import { join } from "node:path";
import { type Instant, QueueError } from "@jobyard/core/adapter";
import { claimRequest, manualPorts, newJob } from "@jobyard/core/testing";
import Database from "better-sqlite3";
import { expect, onTestFinished, test } from "vitest";
import { sqliteAdapter } from "../src/index.ts";
import { tables } from "../src/migrations/001-tables.sql.ts";
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
