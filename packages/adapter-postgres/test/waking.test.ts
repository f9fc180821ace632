/** Who waits or watches is told by NOTIFY, and finds out without it. */

import { type PostgresServer, type ProxyConnection, startPostgres, startProxy, throwaway } from "@jobyard/servers";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { decode, encode } from "../src/hints.ts";
import type { Store } from "../src/store.ts";
import { newSchema, openClient, openMigrated, openStore, readPid, until } from "./ground.ts";

const offer = (store: Store, queue: string, tx?: unknown): Promise<void> =>
  store.call(async ({ db, touched, offered }) => {
    await db.get(readPid, {});
    touched.add(queue);
    offered.add(queue);
  }, tx);

const touch = (store: Store, queue: string): Promise<void> =>
  store.call(async ({ db, touched }) => {
    await db.get(readPid, {});
    touched.add(queue);
  });

/** What the store hears, one entry for each hint. */
function heardBy(store: Store): (readonly string[] | null)[] {
  const heard: (readonly string[] | null)[] = [];
  store.watch(({ queues }) => heard.push(queues));
  return heard;
}

/** Counts how often a claim of this queue would be woken. */
function ringsFor(store: Store, queue: string): { n: number } {
  const rings = { n: 0 };
  const ring = (): void => {
    rings.n += 1;
  };
  store.wake.wait({ queues: new Set([queue]), ring, beServed: () => null });
  return rings;
}

const listening = (store: Store): Promise<void> => until("it listens", () => store.wake.hearing === "listening");

/** A store and another process's handle on it, which listens. */
async function pair(schema: string = newSchema()): Promise<readonly [Store, Store]> {
  const here = await openMigrated({ schema });
  const there = openStore({ schema });
  there.watch(() => {});
  await listening(there);
  return [here, there];
}

describe("who waits in the same process", () => {
  test("is told in the turn of the commit, for its queues only, and only of offers", async () => {
    const store = await openMigrated({ listen: false });
    const mail = ringsFor(store, "mail");
    const sms = ringsFor(store, "sms");
    await offer(store, "mail");
    expect([mail.n, sms.n]).toEqual([1, 0]);
    await touch(store, "mail");
    expect(mail.n).toBe(1);
  });

  test("a watcher hears of everything, once for each turn", async () => {
    const store = await openMigrated({ listen: false });
    const heard = heardBy(store);
    await Promise.all([offer(store, "mail"), touch(store, "sms")]);
    await touch(store, "mail");
    expect(heard.flat()).toEqual(expect.arrayContaining(["mail", "sms"]));
    const before = heard.length;
    await store.write(async () => {});
    expect(heard.length).toBe(before);
  });

  test("a step that failed is not told of", async () => {
    const store = await openMigrated({ listen: false });
    const heard = heardBy(store);
    const failing = store.write(async ({ touched }) => {
      touched.add("mail");
      throw new Error("on second thoughts");
    });
    await expect(failing).rejects.toThrow();
    await touch(store, "sms");
    await until("something is heard", () => heard.length > 0);
    expect(heard).toEqual([["sms"]]);
  });
});

describe("another process", () => {
  test("hears of a commit, and not of its own by the server", async () => {
    const [here, there] = await pair();
    await listening(there);
    const heard = heardBy(there);
    const rings = ringsFor(there, "mail");
    await offer(here, "mail");
    await until("it is heard", () => rings.n === 1 && heard.length === 1);
    expect(heard).toEqual([["mail"]]);
    await offer(there, "mail");
    await offer(here, "sms");
    await until("the other is heard", () => heard.some((queues) => queues?.includes("sms")));
    expect(heard).toEqual([["mail"], ["mail"], ["sms"]]);
  });

  test("hears of a caller's transaction when it commits, and of none that was rolled back", async () => {
    const [here, there] = await pair();
    const heard = heardBy(there);
    const client = await openClient();
    await client.query("BEGIN");
    await offer(here, "undone", client);
    await client.query("ROLLBACK");
    await client.query("BEGIN");
    await offer(here, "mail", client);
    expect(heard).toEqual([]);
    await client.query("COMMIT");
    await until("it is heard", () => heard.length > 0);
    expect(heard).toEqual([["mail"]]);
  });

  test("hears of many commits in few notifications, with every queue in them", async () => {
    const [here, there] = await pair();
    const heard = heardBy(there);
    const queues = Array.from({ length: 200 }, (_, index) => `q${index}`);
    await Promise.all(queues.map((queue) => offer(here, queue)));
    await until("all are heard", () => new Set(heard.flat()).size === 200);
    expect(heard.length).toBeLessThan(50);
  });

  test("is told the last of it before the store closes", async () => {
    const [here, there] = await pair();
    const rings = ringsFor(there, "last");
    await offer(here, "first");
    await offer(here, "last");
    await here.close();
    await until("the last is heard", () => rings.n === 1);
  });

  test("may be psql: any other payload means look everywhere", async () => {
    const schema = newSchema();
    const [, there] = await pair(schema);
    const heard = heardBy(there);
    const rings = ringsFor(there, "mail");
    const client = await openClient();
    const channel = `jobyard_${schema}`;
    await client.query("SELECT pg_notify($1, '[\"mail\"]')", [channel]);
    await until("it is heard", () => rings.n === 1);
    await client.query("SELECT pg_notify($1, 'whatever')", [channel]);
    await until("it is heard", () => rings.n === 2);
    expect(heard).toEqual([["mail"], null]);
  });
});

describe("hints over the wire", () => {
  test("come out as they went in", () => {
    for (const news of [
      { touched: ["a", "b"], offered: ["a", "b"] },
      { touched: ["a", "é", '"'], offered: ["a"] },
      { touched: ["a"], offered: [] },
      { touched: null, offered: ["a"] },
      { touched: null, offered: null },
    ])
      expect(decode(encode(news))).toEqual(news);
  });

  test("too many queues become any", () => {
    const many = Array.from({ length: 1_000 }, (_, index) => `queue-${index}`);
    expect(decode(encode({ touched: many, offered: [] }))).toEqual({ touched: null, offered: null });
  });
});

describe("a listening connection", () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres({ settings: throwaway });
  });
  afterAll(() => server.stop());

  test("that is cut is back soon, and whoever waits looks", async () => {
    const [store, proxy] = await throughProxy();
    const heard = heardBy(store);
    await listening(store);
    await until("the first hint", () => heard.length === 1);
    proxy.cut(isEar);
    await until("it is seen", () => store.wake.hearing !== "listening");
    await listening(store);
    await until("the hint after the gap", () => heard.length === 2);
    expect(heard).toEqual([null, null]);
  });

  test("that is swallowed in silence is noticed, polled for, and back within 30 s", { timeout: 90_000 }, async () => {
    const [store, proxy] = await throughProxy();
    const rings = ringsFor(store, "mail");
    await listening(store);
    expect(store.wake.pollMs).toBe(2_000);
    proxy.blackhole({ where: isEar });
    await until("it is noticed", () => store.wake.hearing === "connecting", 17_000);
    expect(store.wake.pollMs).toBe(500);
    await offer(store, "mail");
    expect(rings.n).toBeGreaterThan(0);
    proxy.heal();
    const healed = performance.now();
    await listening(store);
    expect(performance.now() - healed).toBeLessThan(30_000);
  });

  async function throughProxy(): Promise<readonly [Store, Awaited<ReturnType<typeof startProxy>>]> {
    const proxy = await startProxy({ to: server.url });
    onTestFinished(() => proxy.stop());
    return [await openMigratedOn(proxy.url), proxy];
  }
  const isEar = ({ firstBytes }: ProxyConnection): boolean => firstBytes.includes("LISTEN");
});

async function openMigratedOn(url: string): Promise<Store> {
  const store = openStore({ url, schema: newSchema() });
  await store.migrate();
  return store;
}
