/** Behind PgBouncer, which lends a server connection for a transaction, or for as long as ours lasts. */

import { isPgBouncerWanted, type PgBouncer, startPgBouncer } from "@jobyard/servers";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { Protocol } from "../src/dialect.ts";
import { type None, type Statement, sql } from "../src/statement.ts";
import type { Store } from "../src/store.ts";
import { addName, dropSchema, namesIn, newSchema, openStore, readPid, serverUrl, until } from "./ground.ts";

const readSetting: Statement<None, { readonly value: string }> = sql`SELECT current_setting('jit') AS value`;

async function migratedBehind(pooler: PgBouncer, protocol: Protocol = "extended"): Promise<Store> {
  const schema = newSchema();
  onTestFinished(() => dropSchema(schema));
  const store = openStore({ url: pooler.url, schema, protocol });
  await store.migrate();
  return store;
}

if (isPgBouncerWanted()) {
  describe("behind PgBouncer that lends by transaction", () => {
    let pooler: PgBouncer;
    beforeAll(async () => {
      pooler = await startPgBouncer({ upstream: serverUrl(), settings: { default_pool_size: 3 } });
    });
    afterAll(() => pooler.stop());

    test.each<Protocol>(["extended", "simple"])("everything works in the %s protocol", async (protocol) => {
      const store = await migratedBehind(pooler, protocol);
      await Promise.all(
        Array.from({ length: 30 }, async (_, index) => {
          const name = `n${String(index).padStart(2, "0")}`;
          await store.call(({ db }) => db.run(addName, { name }));
          await store.write(({ db }) => db.run(addName, { name: `${name}w` }));
        }),
      );
      expect(await namesIn(store)).toHaveLength(60);
      expect(await store.read(async ({ db }) => (await db.all(readPid, {})).length)).toBe(1);
    });

    test("nothing is set on connections that belong to others too", async () => {
      const store = await migratedBehind(pooler);
      const values = await Promise.all(
        Array.from({ length: 10 }, () => store.ask(async (db) => (await db.get(readSetting, {}))?.value)),
      );
      expect(new Set(values)).toEqual(new Set(["on"]));
    });

    test("it is found out that nothing is heard, and waiting claims look by themselves", async () => {
      const store = await migratedBehind(pooler);
      store.watch(() => {});
      await until("it is found out", () => store.wake.hearing === "pooled");
      expect(store.wake.pollMs).toBe(500);
    });
  });

  test("behind one that lends for as long as a connection lasts: notifications are heard", async () => {
    const pooler = await startPgBouncer({ upstream: serverUrl(), poolMode: "session" });
    onTestFinished(() => pooler.stop());
    const store = await migratedBehind(pooler);
    store.watch(() => {});
    await until("it listens", () => store.wake.hearing === "listening");
  });
} else {
  test("without PgBouncer the error says how to have it", async () => {
    await expect(startPgBouncer({ upstream: serverUrl() })).rejects.toThrow("JOBYARD_TEST_PGBOUNCER=1");
  });
}
