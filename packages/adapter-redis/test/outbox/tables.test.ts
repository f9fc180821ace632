/** The tables: made once, by call or by text; other tables of that name are left alone; what is missing is said. */

import Database from "better-sqlite3";
import pg from "pg";
import { describe, expect, onTestFinished, test } from "vitest";
import { createOutbox, outboxTable, relayAll } from "../../src/outbox/index.ts";
import { BACKENDS, type Ground, greet, postgresGround, postgresUrl, sqliteGround } from "./ground.ts";
import { openTarget } from "./target.ts";

const enqueue = (ground: Ground): Promise<unknown> =>
  ground.transact((tx) => ground.outbox.enqueue(tx, greet, { n: 1 }));

describe.each(BACKENDS)("on $name", ({ name, openBare }) => {
  test("migrate makes the tables, and finds them made", async () => {
    const { outbox, again } = await openBare();
    expect(await outbox.migrate()).toEqual({ from: 0, to: 1 });
    expect(await outbox.migrate()).toEqual({ from: 1, to: 1 });
    expect(await again().migrate()).toEqual({ from: 1, to: 1 });
    expect(await outbox.status()).toEqual({ waiting: 0, oldestMs: null, refused: 0 });
  });

  test("many who migrate at once make them once", async () => {
    const { outbox, again } = await openBare();
    const others = [again(), again(), again()];
    const answers = await Promise.all([outbox, ...others].map((each) => each.migrate()));
    expect(answers.filter(({ from }) => from === 0)).toHaveLength(1);
  });

  test("without tables every call says what to do, and the caller's transaction goes on", async () => {
    const ground = await openBare();
    const missing = { code: "SCHEMA_MISSING", message: expect.stringContaining("migrate()") };
    await ground.transact(async (tx) => {
      await expect(ground.outbox.enqueue(tx, greet, { n: 1 })).rejects.toMatchObject(missing);
      await ground.addOrder(tx, 1);
    });
    expect(await ground.orders()).toEqual([1]);
    await expect(ground.outbox.status()).rejects.toMatchObject(missing);
    await expect(relayAll(ground.outbox, openTarget().adapter)).rejects.toMatchObject(missing);
    await ground.outbox.migrate();
    await enqueue(ground);
    expect(await ground.outbox.status()).toMatchObject({ waiting: 1 });
  });

  test("another table of that name is neither written nor changed", async () => {
    const ground = await openBare();
    await ground.sql("CREATE TABLE jobyard_outbox (queue text)");
    const notOurs = { code: "BAD_OPTION", field: "table", message: expect.stringContaining("jobyard_outbox") };
    await expect(enqueue(ground)).rejects.toMatchObject(notOurs);
    await expect(ground.outbox.migrate()).rejects.toMatchObject(notOurs);
    await expect(ground.outbox.status()).rejects.toMatchObject(notOurs);
    expect(await ground.sql("SELECT * FROM jobyard_outbox")).toEqual([]);
  });

  test("a table that lost a column is not ours any more", async () => {
    const ground = await openBare();
    await ground.outbox.migrate();
    await enqueue(ground);
    await ground.sql("ALTER TABLE jobyard_outbox RENAME COLUMN form TO shape");
    await expect(enqueue(ground)).rejects.toMatchObject({ code: "BAD_OPTION", field: "table" });
    await expect(relayAll(ground.outbox, openTarget().adapter)).rejects.toMatchObject({
      code: "BAD_OPTION",
      field: "table",
    });
  });

  test("tables of a newer version are used if they say so, and else refused", async () => {
    const ground = await openBare();
    await ground.outbox.migrate();
    await ground.sql("INSERT INTO jobyard_outbox_version (version, compatible_from) VALUES (2, 1)");
    await enqueue(ground);
    expect(await ground.outbox.migrate()).toEqual({ from: 2, to: 2 });
    await ground.sql("INSERT INTO jobyard_outbox_version (version, compatible_from) VALUES (3, 3)");
    const tooNew = { code: "SCHEMA_TOO_NEW" };
    const fresh = ground.again();
    await expect(ground.transact((tx) => fresh.enqueue(tx, greet, { n: 1 }))).rejects.toMatchObject(tooNew);
    await expect(fresh.status()).rejects.toMatchObject(tooNew);
    await expect(fresh.migrate()).rejects.toMatchObject(tooNew);
  });

  test("the names are checked, and no option is ignored", () => {
    for (const options of [
      { table: "Jobs" },
      { table: "a-b" },
      { table: 'x"; DROP TABLE y' },
      { table: "" },
      { table: "x".repeat(41) },
    ])
      expect(() => outboxTable(name, options)).toThrow(expect.objectContaining({ code: "BAD_OPTION", field: "table" }));
    expect(() => outboxTable(name, { tabel: "x" } as never)).toThrow(expect.objectContaining({ code: "BAD_OPTION" }));
    expect(() => outboxTable(name, { from: 2 })).toThrow(
      expect.objectContaining({ code: "BAD_OPTION", field: "from" }),
    );
    expect(outboxTable(name, { from: 1 })).toBe("");
  });
});

test("the text makes the same tables on Postgres, under names that have to be quoted", async () => {
  const client = new pg.Client(postgresUrl());
  await client.connect();
  const schema = `outbox_text_${process.pid}`;
  const pool = new pg.Pool({ connectionString: postgresUrl(), max: 3 });
  onTestFinished(async () => {
    await client.query(`DROP SCHEMA IF EXISTS ${schema}, ${schema}_own CASCADE`);
    await client.end();
    await pool.end();
  });
  await client.query(`CREATE SCHEMA ${schema}`);
  await client.query(outboxTable("postgres", { schema, table: "order" }));
  const byText = createOutbox(pool, { schema, table: "order" });
  expect(await byText.migrate()).toEqual({ from: 1, to: 1 });
  // A schema that is not there is made.
  const byCall = createOutbox(pool, { schema: `${schema}_own`, table: "order" });
  expect(await byCall.migrate()).toEqual({ from: 0, to: 1 });
  const shape = async (of: string): Promise<unknown> =>
    (
      await client.query(
        `SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns
          WHERE table_schema = $1 ORDER BY table_name, ordinal_position`,
        [of],
      )
    ).rows;
  expect(await shape(`${schema}_own`)).toEqual(await shape(schema));
  await client.query("BEGIN");
  await byText.enqueue(client, greet, { n: 1 });
  await client.query("COMMIT");
  expect(await byText.status()).toMatchObject({ waiting: 1 });
  expect(await byCall.status()).toMatchObject({ waiting: 0 });
});

test("the text makes the same tables on SQLite, beside others", async () => {
  const { file } = await sqliteGround();
  const db = new Database(file);
  onTestFinished(() => void db.close());
  db.exec(outboxTable("sqlite", { table: "order" }));
  const byText = createOutbox(db, { table: "order" });
  expect(await byText.migrate()).toEqual({ from: 1, to: 1 });
  const byCall = createOutbox(db, { table: "group" });
  expect(await byCall.migrate()).toEqual({ from: 0, to: 1 });
  const shape = (table: string): unknown => db.pragma(`table_xinfo("${table}")`);
  expect(shape("group")).toEqual(shape("order"));
});

test("options of the other database are refused", async () => {
  const { pool } = await postgresGround();
  const { file } = await sqliteGround();
  const db = new Database(file);
  onTestFinished(() => void db.close());
  const bad = expect.objectContaining({ code: "BAD_OPTION" });
  expect(() => createOutbox(pool, { claim: "10s" } as never)).toThrow(bad);
  expect(() => createOutbox(db, { schema: "public" } as never)).toThrow(bad);
  expect(() => outboxTable("sqlite", { schema: "public" })).toThrow(bad);
  expect(() => outboxTable("mysql" as never)).toThrow(bad);
  expect(() => createOutbox(db, { claim: "10ms" })).toThrow(bad);
  expect(() => createOutbox(db, { maxPayloadBytes: 0 })).toThrow(bad);
  for (const schema of ["pg_own", "Shop", "a.b"]) expect(() => createOutbox(pool, { schema })).toThrow(bad);
});
