/** What a claim touches does not grow with what waits beside it. Counted in rows, never in time. */

import { join } from "node:path";
import { claimRequest, manualPorts, newJob } from "@jobyard/core/testing";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { claimNow } from "../src/claim.ts";
import { sqliteAdapter } from "../src/index.ts";
import { takeStep } from "../src/step.ts";
import { folder } from "./bench.ts";
import { CountingConnection } from "./counting-connection.ts";

async function rowsOfClaim(fill: (count: number) => ReturnType<typeof newJob>[], count: number): Promise<number> {
  const file = join(await folder(), "jobs.db");
  const ports = manualPorts();
  const adapter = sqliteAdapter({ file, durability: "crash", ports });
  await adapter.writer.enqueue(fill(count));
  await adapter.writer.enqueue([newJob("wanted-1"), newJob("wanted-2")]);
  await adapter.close();
  const database = new Database(file);
  const connection = new CountingConnection(database);
  const [claim] = takeStep(connection, ports.now, (step) => claimNow(step, claimRequest("t", { max: 2 })));
  database.close();
  expect(claim.jobs.map((job) => job.lease.ref.id)).toEqual(["wanted-1", "wanted-2"]);
  return connection.rows;
}

const many = (over: Parameters<typeof newJob>[1]) => (count: number) =>
  Array.from({ length: count }, (_, index) => newJob(`other-${index}`, over));

test.each([
  ["scheduled jobs", many({ start: { delayMs: 60_000 } })],
  ["jobs of an unknown type", many({ name: "mystery" })],
  ["jobs of a version that is too new", many({ version: 2 })],
  ["jobs of less urgency", many({ priority: 9 })],
  ["jobs of other queues", many({ queue: "print" })],
])("a claim beside many %s reads no more rows than beside few", async (_, fill) => {
  expect(await rowsOfClaim(fill, 5_000)).toBe(await rowsOfClaim(fill, 5));
});

async function rowsOfHeldClaim(count: number): Promise<number> {
  const file = join(await folder(), "jobs.db");
  const ports = manualPorts();
  const adapter = sqliteAdapter({ file, durability: "crash", ports });
  await adapter.writer.enqueue(Array.from({ length: count }, (_, index) => newJob(`held-${index}`)));
  const queues = [{ queue: "mail", max: count, types: [{ name: "greet", maxVersion: 1 }] }];
  const { jobs } = await adapter.leaser.claim(claimRequest("lost", { session: "gone", max: count, queues }));
  const failure = { code: "LEASE_EXPIRED", message: "gone", stack: null };
  const decision = { move: "rescue", to: "waiting", charged: false, heldLimit: 2, delayMs: 0, failure } as const;
  await adapter.leaser.settle(jobs.map(({ lease }) => ({ lease, guard: "held", decision })));
  await adapter.close();
  const database = new Database(file);
  const connection = new CountingConnection(database);
  const [claim] = takeStep(connection, ports.now, (step) => claimNow(step, claimRequest("t", { held: true, max: 4 })));
  database.close();
  expect(claim.jobs.map((job) => job.lease.ref.id)).toEqual(["held-0", "held-1"]);
  return connection.rows;
}

test("an exclusive batch out of many held jobs reads no more rows than out of few", async () => {
  expect(await rowsOfHeldClaim(500)).toBe(await rowsOfHeldClaim(10));
});
