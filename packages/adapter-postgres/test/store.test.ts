/** Calls, steps and readings over the store's own connections. */

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { type None, type Statement, sql } from "../src/statement.ts";
import { addName, namesIn, newSchema, openMigrated, readPid, serverUrl, sleep } from "./ground.ts";

describe("work on the store", () => {
  test("a call commits by itself", async () => {
    const store = await openMigrated();
    await store.call(({ db }) => db.run(addName, { name: "a" }));
    expect(await namesIn(store)).toEqual(["a"]);
  });

  test("a step is all or nothing", async () => {
    const store = await openMigrated();
    const failing = store.write(async ({ db }) => {
      await db.run(addName, { name: "a" });
      throw new Error("on second thoughts");
    });
    await expect(failing).rejects.toThrow("on second thoughts");
    await store.write(async ({ db }) => {
      await db.run(addName, { name: "b" });
      await db.run(addName, { name: "c" });
    });
    expect(await namesIn(store)).toEqual(["b", "c"]);
  });

  test("a step that hides the failure of a statement is not taken for committed", async () => {
    const store = await openMigrated();
    const hiding = store.write(async ({ db }) => {
      await db.run(addName, { name: "a" });
      await db.run(addName, { name: "a" }).catch(() => {});
    });
    await expect(hiding).rejects.toThrow("had failed");
    expect(await namesIn(store)).toEqual([]);
  });

  test("readings see one state and write nothing", async () => {
    const store = await openMigrated();
    const seen = await store.read(async ({ db, now }) => {
      expect(Math.abs(now - Date.now())).toBeLessThan(60_000);
      const before = await db.all(everything, {});
      await store.call((call) => call.db.run(addName, { name: "a" }));
      return [before.length, (await db.all(everything, {})).length];
    });
    expect(seen).toEqual([0, 0]);
    await expect(store.read(({ db }) => db.run(addName, { name: "b" }))).rejects.toMatchObject({
      code: "STORE_UNAVAILABLE",
    });
  });

  test("a transaction that meets another is begun anew", async () => {
    const store = await openMigrated();
    await store.call(({ db }) => db.run(addName, { name: "a" }));
    await store.call(({ db }) => db.run(addName, { name: "b" }));
    let tries = 0;
    const both = async (first: string, second: string): Promise<void> =>
      store.write(async ({ db }) => {
        tries += 1;
        await db.run(touch, { name: first });
        await db.get(sleep, { seconds: 0.2 });
        await db.run(touch, { name: second });
      });
    await Promise.all([both("a", "b"), both("b", "a")]);
    expect(tries).toBeGreaterThan(2);
  });

  test("more calls at once than connections all get their turn", async () => {
    const store = await openMigrated({ pool: 2 });
    const pids = await Promise.all(
      Array.from({ length: 20 }, () => store.ask(async (db) => (await db.get(readPid, {}))?.pid)),
    );
    expect(new Set(pids).size).toBeLessThanOrEqual(2);
  });

  test("nothing is accepted after close, and closing twice is fine", async () => {
    const store = await openMigrated();
    const running = store.ask((db) => db.get(sleep, { seconds: 0.3 }));
    const closing = store.close();
    await expect(store.ask((db) => db.get(readPid, {}))).rejects.toMatchObject({ code: "STORE_CLOSED" });
    expect(() => store.watch(() => {})).toThrow(expect.objectContaining({ code: "STORE_CLOSED" }));
    await expect(running).resolves.toEqual({ done: "" });
    await closing;
    await store.close();
    await expect(store.migrate()).rejects.toMatchObject({ code: "STORE_CLOSED" });
  });

  test("a program that forgets to close it ends by itself all the same", async () => {
    const schema = newSchema();
    const store = await openMigrated({ schema });
    const program = `
      import { postgresAdapter } from ${JSON.stringify(new URL("../src/index.ts", import.meta.url).href)};
      const adapter = postgresAdapter(${JSON.stringify({ url: serverUrl(), schema })});
      await adapter.records.put("test", "a", "{}");
    `;
    const arguments_ = ["-C", "@jobyard/source", "--input-type=module", "-e", program];
    const began = performance.now();
    await promisify(execFile)(process.execPath, arguments_, { timeout: 20_000 });
    expect(performance.now() - began).toBeLessThan(10_000);
    expect(await namesIn(store)).toEqual(["a"]);
  });

  test("what somebody turned off for durability is on again", async () => {
    const url = new URL(serverUrl());
    url.searchParams.set("options", "-c synchronous_commit=off");
    const store = await openMigrated({ url: url.href });
    expect(await store.ask((db) => db.get(readDurability, {}))).toEqual({ value: "on" });
  });
});

const everything: Statement<None, { readonly id: string }> = sql`SELECT id FROM jobyard.record`;
const touch: Statement<{ readonly name: string }> = sql`
  UPDATE jobyard.record SET version = version + 1 WHERE kind = 'test' AND id = @name::text
`;
const readDurability: Statement<None, { readonly value: string }> = sql`
  SELECT current_setting('synchronous_commit') AS value
`;
