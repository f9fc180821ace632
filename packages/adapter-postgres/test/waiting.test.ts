/** Claims that wait: nothing is missed, nobody is kept busy, and no connection is held meanwhile. */

import { setImmediate as turn } from "node:timers/promises";
import { type Adapter, type ClaimRequest, type Ports, systemPorts } from "@jobyard/core/adapter";
import { claimRequest, manualPorts, newJob } from "@jobyard/core/testing";
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
  // Its time stands still: it never comes to look by itself.
  const other = another({ ports: manualPorts() });
  for (const id of ["a", "b"]) {
    const claim = other.leaser.claim(waiting(30_000));
    await adapter.writer.enqueue([newJob(id)]);
    expect((await claim).jobs).toHaveLength(1);
  }
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
  const began = performance.now();
  await adapter.writer.enqueue([newJob("a", { start: { delayMs: 400 } })]);
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

/** All that passes of a claim's time while it sleeps is a whole number of these. */
const STEP_MS = 100;
const FLOOR_MS = 1_000;

interface Sleeper {
  readonly ports: Ports;
  /** No claim is under way to the store; nobody else who sleeps here asks for a whole number of steps. */
  isAsleep(): boolean;
  /** Resolves when those who have slept enough are on their way. */
  step(times?: number): Promise<void>;
}

function sleeper(): Sleeper {
  const clock = manualPorts();
  const asleep = new Map<symbol, number>();
  const sleep: Ports["sleep"] = async (ms, signal) => {
    const one = Symbol();
    asleep.set(one, ms);
    await clock.sleep(ms, signal);
    asleep.delete(one);
  };
  return {
    ports: { ...clock, sleep },
    isAsleep: () => [...asleep.values()].some((ms) => ms <= FLOOR_MS && ms % STEP_MS === 0),
    step: async (times = 1) => {
      clock.advance(times * STEP_MS);
      await turn();
    },
  };
}

test("with the listening connection cut off in silence, work is late by the poll floor at most", async () => {
  const proxy = await startProxy({ to: serverUrl() });
  onTestFinished(() => proxy.stop());
  const { adapter, another } = await opened();
  const { ports, isAsleep, step } = sleeper();
  const worker = another({ url: proxy.url, ports });
  const isEar = ({ firstBytes }: ProxyConnection): boolean => firstBytes.includes("LISTEN");
  const enqueue = () => adapter.writer.enqueue([newJob(systemPorts.newId())]);
  // It hears: without that no time would pass.
  const heard = worker.leaser.claim(waiting(FLOOR_MS));
  await until("it listens", () => proxy.connections.some(isEar) && isAsleep());
  await enqueue();
  expect((await heard).jobs).toHaveLength(1);
  proxy.blackhole({ where: isEar });
  /** By the worker's clock, which moves on while its claim sleeps, and then only. */
  const lateMs = async (): Promise<number> => {
    let isTaken = false;
    const working = (async () => {
      // As the engine waits: a second, and then anew.
      while (!isTaken) isTaken = (await worker.leaser.claim(waiting(FLOOR_MS))).jobs.length > 0;
    })();
    await until("the claim sleeps", isAsleep);
    await step(Math.floor(5 * ports.random()));
    const from = ports.monotonic();
    await enqueue();
    while (!isTaken) {
      await step();
      await until("the claim sleeps, or has the job", () => isTaken || isAsleep());
    }
    await working;
    return ports.monotonic() - from;
  };
  const all: number[] = [];
  // Long enough for it to find out that it is deaf, and to try in vain to hear again.
  while (all.length < 40) all.push(await lateMs());
  expect(Math.min(...all)).toBeGreaterThan(0);
  expect(Math.max(...all)).toBeLessThanOrEqual(FLOOR_MS);
});
