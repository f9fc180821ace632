/** Claims that wait: nothing is missed, nobody is kept busy, and no connection is held meanwhile. */

import { type Adapter, type ClaimRequest, type Ports, systemPorts } from "@jobyard/core/adapter";
import { claimRequest, newJob } from "@jobyard/core/testing";
import { type ProxyConnection, startProxy } from "@jobyard/servers";
import { expect, onTestFinished, test } from "vitest";
import { postgresAdapter } from "../src/index.ts";
import type { PostgresOptions } from "../src/options.ts";
import { dropSchema, newSchema, openClient, serverUrl, until } from "./ground.ts";

interface Opened {
  readonly adapter: Adapter;
  readonly another: (options?: Partial<PostgresOptions>) => Adapter;
  readonly schema: string;
}

async function opened(options: Partial<PostgresOptions> = {}): Promise<Opened> {
  const schema = newSchema();
  onTestFinished(() => dropSchema(schema));
  const another = (more: Partial<PostgresOptions> = {}): Adapter => {
    const adapter = postgresAdapter({ url: serverUrl(), schema, ...more });
    onTestFinished(() => adapter.close());
    return adapter;
  };
  const adapter = another(options);
  await adapter.schema.migrate();
  return { adapter, another, schema };
}

let tokens = 0;
const waiting = (waitMs: number, more: Partial<ClaimRequest> = {}): ClaimRequest => {
  tokens += 1;
  return claimRequest(`token-${tokens}`, { waitMs, ...more });
};

const connections = async (schema: string, query: string): Promise<number> => {
  const client = await openClient();
  const { rows } = await client.query(
    "SELECT count(*)::integer AS n FROM pg_stat_activity WHERE application_name = $1 AND query LIKE $2",
    [schema, query],
  );
  await client.end();
  return rows[0].n;
};

/** Marks the connections of one test. */
const marked = (schema: string): string => {
  const url = new URL(serverUrl());
  url.searchParams.set("application_name", schema);
  return url.href;
};

test("work of this process is handed over at once", async () => {
  const { adapter } = await opened({ listen: false, pollMs: 60_000 });
  const claim = adapter.leaser.claim(waiting(30_000));
  await adapter.writer.enqueue([newJob("elsewhere", { queue: "elsewhere" })]);
  await adapter.writer.enqueue([newJob("a")]);
  expect((await claim).jobs.map(({ lease }) => lease.ref.id)).toEqual(["a"]);
});

test("work of another process is handed over by its notification", async () => {
  const { adapter, another } = await opened();
  const other = another({ pollMs: 60_000 });
  const first = other.leaser.claim(waiting(30_000));
  await adapter.writer.enqueue([newJob("a")]);
  expect((await first).jobs).toHaveLength(1);
  const second = other.leaser.claim(waiting(30_000));
  const began = performance.now();
  await adapter.writer.enqueue([newJob("b")]);
  expect((await second).jobs).toHaveLength(1);
  expect(performance.now() - began).toBeLessThan(1_000);
});

test("work of a caller's transaction is handed over when that commits", async () => {
  const { adapter } = await opened({ pollMs: 60_000 });
  const client = await openClient();
  adapter.reader.watch(() => {});
  const claim = adapter.leaser.claim(waiting(30_000));
  await client.query("BEGIN");
  await adapter.writer.enqueue([newJob("a")], { tx: client });
  await client.query("COMMIT");
  expect((await claim).jobs).toHaveLength(1);
});

test("without notifications it is found by looking", async () => {
  const { adapter, another } = await opened({ listen: false });
  const slept: number[] = [];
  const sleep: Ports["sleep"] = (ms, signal) => {
    slept.push(ms);
    return systemPorts.sleep(ms, signal);
  };
  const other = another({ listen: false, pollMs: 97, ports: { ...systemPorts, sleep } });
  const claim = other.leaser.claim(waiting(30_000));
  await until("it has looked twice", () => slept.filter((ms) => ms === 97).length > 1);
  await adapter.writer.enqueue([newJob("a")]);
  expect((await claim).jobs).toHaveLength(1);
});

test("a job that becomes due is claimed then", async () => {
  const { adapter } = await opened({ pollMs: 60_000 });
  await adapter.writer.enqueue([newJob("a", { start: { delayMs: 400 } })]);
  const began = performance.now();
  expect((await adapter.leaser.claim(waiting(30_000))).jobs).toHaveLength(1);
  expect(performance.now() - began).toBeGreaterThan(300);
  expect(performance.now() - began).toBeLessThan(2_000);
});

test("a pause that ends, and a job that is promoted, wake it", async () => {
  const { adapter } = await opened({ pollMs: 60_000 });
  await adapter.operator.pause("mail", { actor: "test" });
  await adapter.writer.enqueue([newJob("a")]);
  const paused = adapter.leaser.claim(waiting(30_000));
  await adapter.operator.resume("mail", { actor: "test" });
  expect((await paused).jobs).toHaveLength(1);
  await adapter.writer.enqueue([newJob("b", { start: { delayMs: 3_600_000 } })]);
  const later = adapter.leaser.claim(waiting(30_000));
  await adapter.operator.apply("promote", [{ queue: "mail", id: "b" }], { actor: "test" });
  expect((await later).jobs).toHaveLength(1);
});

test("its end, its signal and the end of the store end it", async () => {
  const { adapter } = await opened({ pollMs: 60_000 });
  const began = performance.now();
  expect((await adapter.leaser.claim(waiting(200))).jobs).toEqual([]);
  expect(performance.now() - began).toBeGreaterThan(150);
  const signal = AbortSignal.timeout(100);
  expect((await adapter.leaser.claim(waiting(30_000, { signal }))).jobs).toEqual([]);
  const claim = adapter.leaser.claim(waiting(30_000));
  await systemPorts.sleep(100);
  await adapter.close();
  expect((await claim).jobs).toEqual([]);
  expect(performance.now() - began).toBeLessThan(5_000);
});

test("many that wait hold no connection, and look only now and then", async () => {
  const schema = newSchema();
  onTestFinished(() => dropSchema(schema));
  const adapter = postgresAdapter({ url: marked(schema), schema, pool: 2 });
  onTestFinished(() => adapter.close());
  await adapter.schema.migrate();
  const stop = new AbortController();
  const claims = Array.from({ length: 20 }, (_, index) =>
    adapter.leaser.claim(waiting(30_000, { session: `s${index}`, signal: stop.signal })),
  );
  await adapter.records.put("test", "a", "{}");
  expect(await connections(schema, "%")).toBeLessThanOrEqual(3);
  await adapter.writer.enqueue([newJob("a")]);
  await Promise.race(claims);
  stop.abort("enough");
  const taken = (await Promise.all(claims)).flatMap(({ jobs }) => jobs);
  expect(taken).toHaveLength(1);
});

test("with the listening connection cut off in silence, work is late by the poll floor at most", {
  timeout: 120_000,
}, async () => {
  const proxy = await startProxy({ to: serverUrl() });
  onTestFinished(() => proxy.stop());
  const { adapter, another } = await opened();
  const worker = another({ url: proxy.url });
  const isEar = ({ firstBytes }: ProxyConnection): boolean => firstBytes.includes("LISTEN");
  worker.reader.watch(() => {});
  await until("it listens", () => proxy.connections.some(isEar));
  proxy.blackhole({ where: isEar });
  const floorMs = 1_000;
  const lateMs: number[] = [];
  const end = performance.now() + 25_000;
  while (performance.now() < end) {
    const stop = new AbortController();
    const enqueued = systemPorts.sleep(300 * systemPorts.random()).then(async () => {
      await adapter.writer.enqueue([newJob(systemPorts.newId())]);
      return performance.now();
    });
    // As the engine waits: a second, and then anew.
    let taken = 0;
    while (taken === 0) taken = (await worker.leaser.claim(waiting(floorMs, { signal: stop.signal }))).jobs.length;
    lateMs.push(performance.now() - (await enqueued));
  }
  const worst = lateMs.toSorted((a, b) => a - b).at(Math.ceil(lateMs.length * 0.99) - 1);
  expect(lateMs.length).toBeGreaterThan(20);
  expect(worst).toBeLessThan(floorMs + 250);
});
