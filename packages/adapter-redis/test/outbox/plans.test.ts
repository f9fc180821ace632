/** A relay reads its rows along their numbers, however many wait and however wrong the statistics are. */

import Database from "better-sqlite3";
import { expect, onTestFinished, test } from "vitest";
import { inPlace, postgresPlace, sqlitePlace } from "../../src/outbox/place.ts";
import { begin, takeRows } from "../../src/outbox/postgres/statements.sql.ts";
import { claimRows, findFree } from "../../src/outbox/sqlite/statements.sql.ts";
import { greet, postgresGround, sqliteGround } from "./ground.ts";

test("on postgres: no statistics, and a backlog", async () => {
  const ground = await postgresGround();
  await ground.outbox.migrate();
  const payloads = Array.from({ length: 10_000 }, (_, n) => ({ n }));
  await ground.transact((tx) => ground.outbox.enqueueMany(tx, greet, payloads));
  const text = `EXPLAIN ${inPlace(takeRows, postgresPlace(ground.schema))}`;
  const client = await ground.pool.connect();
  await client.query(begin);
  const { rows } = await client.query<{ "QUERY PLAN": string }>(text, ["100", '{"full"}']);
  await client.query("ROLLBACK");
  client.release();
  const plan = rows.map((row) => row["QUERY PLAN"]).join("\n");
  expect(plan).toContain("Index Scan using jobyard_outbox_pkey");
  expect(plan).not.toMatch(/Sort|Seq Scan/);
});

test("on sqlite", async () => {
  const { file, outbox } = await sqliteGround();
  await outbox.migrate();
  const db = new Database(file);
  onTestFinished(() => void db.close());
  const plan = (text: string, ...values: readonly unknown[]): string =>
    db
      .prepare<unknown[], { readonly detail: string }>(`EXPLAIN QUERY PLAN ${inPlace(text, sqlitePlace())}`)
      .all(...values)
      .map(({ detail }) => detail)
      .join("\n");
  const claim = plan(claimRows, "me", 1_000, "[]", 100);
  expect(claim).toContain("SEARCH jobyard_outbox USING INTEGER PRIMARY KEY");
  expect(claim + plan(findFree, "[]")).not.toContain("B-TREE");
});
