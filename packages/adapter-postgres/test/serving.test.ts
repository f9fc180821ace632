/** An enqueue that serves a claim of its process: one step for both, and neither can harm the other. */

import { setImmediate as turn } from "node:timers/promises";
import { type Claim, type Ports, systemPorts } from "@jobyard/core/adapter";
import { claimRequest, newJob } from "@jobyard/core/testing";
import { startProxy } from "@jobyard/servers";
import { expect, onTestFinished, test } from "vitest";
import type { PostgresOptions } from "../src/options.ts";
import { enqueueAndServe } from "../src/serve.ts";
import type { Store } from "../src/store.ts";
import { claim } from "../src/wait.ts";
import { newSchema, openClient, openMigrated, openStore, serverUrl, until } from "./ground.ts";

/** No other sleep takes as long. */
const POLL_MS = 54_321;

interface Sleepers {
  readonly options: Partial<PostgresOptions>;
  /** Begins a claim that waits; resolves when it sleeps. */
  lie(store: Store, more?: Partial<Parameters<typeof claimRequest>[1]>): Promise<Lying>;
  /** Resolves when so many sleep and none of them has been woken: who was woken in vain looks before it sleeps again. */
  allAsleep(count: number): Promise<void>;
}

interface Lying {
  readonly claim: Promise<Claim>;
  /** Null: it still waits. */
  now(): Promise<readonly string[] | null>;
}

/** Stores whose claims can be seen falling asleep. */
function sleepers(): Sleepers {
  const beds = new Set<AbortSignal>();
  let tokens = 0;
  const ports: Ports = {
    ...systemPorts,
    sleep: (ms, signal) => {
      if (ms === POLL_MS && signal) beds.add(signal);
      return systemPorts.sleep(ms, signal);
    },
  };
  const asleep = (): number => [...beds].filter(({ aborted }) => !aborted).length;
  const allAsleep = (count: number): Promise<void> => until(`${count} sleep`, () => asleep() === count);
  return {
    options: { ports, listen: false, pollMs: POLL_MS },
    allAsleep,
    lie: async (store, more = {}) => {
      const before = asleep();
      tokens += 1;
      const waits = claim(store, claimRequest(`token-${tokens}`, { waitMs: 100_000, max: 10, ...more }));
      let answer: Claim | null = null;
      waits.then(
        (found) => {
          answer = found;
        },
        () => {},
      );
      await allAsleep(before + 1);
      const now = async (): Promise<readonly string[] | null> => {
        await turn();
        return answer?.jobs.map(({ lease }) => lease.ref.id) ?? null;
      };
      return { claim: waits, now };
    },
  };
}

test("the jobs are there when the enqueue answers, active and with their lease", async () => {
  const { options, lie } = sleepers();
  const store = await openMigrated(options);
  const lying = await lie(store);
  const receipts = await enqueueAndServe(store, [newJob("a")]);
  expect(receipts.map(({ outcome }) => outcome)).toEqual(["accepted"]);
  expect(await lying.now()).toEqual(["a"]);
});

test("a claim that cannot take all of them leaves the rest to the next one, which is told", async () => {
  const { options, lie } = sleepers();
  const store = await openMigrated(options);
  const one = await lie(store, { session: "one", max: 1 });
  const two = await lie(store, { session: "two", max: 10 });
  await enqueueAndServe(store, [newJob("a"), newJob("b"), newJob("c")]);
  expect(await one.now()).toEqual(["a"]);
  // Long before it would look by itself.
  await until("the other is told", async () => (await two.now()) !== null);
  expect(await two.now()).toEqual(["b", "c"]);
});

test("who stands in line is served before the job that comes", async () => {
  const { options, lie } = sleepers();
  const schema = newSchema();
  const store = await openMigrated({ ...options, schema });
  const lying = await lie(store, { max: 1 });
  await enqueueAndServe(openStore({ ...options, schema }), [newJob("first")]);
  await enqueueAndServe(store, [newJob("second")]);
  expect(await lying.now()).toEqual(["first"]);
  const { jobs } = await claim(store, claimRequest("next", { session: "next" }));
  expect(jobs.map(({ lease }) => lease.ref.id)).toEqual(["second"]);
});

test("a job for later, a paused queue and a full one keep their rules", async () => {
  const { options, lie, allAsleep } = sleepers();
  const schema = newSchema();
  const store = await openMigrated({ ...options, schema });
  const lying = await lie(store);
  await enqueueAndServe(store, [newJob("later", { start: { delayMs: 3_600_000 } })]);
  await allAsleep(1);
  const client = await openClient();
  await client.query(`INSERT INTO ${schema}.queue (name, paused_at, paused_by) VALUES ('mail', 1, 'test')`);
  await enqueueAndServe(store, [newJob("paused")]);
  // It was woken in vain: its look would see the queue as it is from here on.
  await allAsleep(1);
  await client.query(`UPDATE ${schema}.queue SET paused_at = NULL, paused_by = NULL, max_size = 2`);
  expect(await lying.now()).toBeNull();
  const [receipt] = await enqueueAndServe(store, [newJob("full")]);
  expect(receipt?.outcome).toBe("full");
  expect((await lying.claim).jobs.map(({ lease }) => lease.ref.id)).toEqual(["paused"]);
});

test("who cannot run the job goes on waiting, and somebody else gets it", async () => {
  const { options, lie } = sleepers();
  const store = await openMigrated(options);
  const types = [{ name: "another", maxVersion: 1 }];
  const wrong = await lie(store, { session: "wrong", queues: [{ queue: "mail", max: 10, types }] });
  const right = await lie(store, { session: "right" });
  await enqueueAndServe(store, [newJob("a")]);
  await until("the other is told", async () => (await right.now()) !== null);
  expect(await right.now()).toEqual(["a"]);
  expect(await wrong.now()).toBeNull();
});

test("a job that was there already is a duplicate, and the claim waits on", async () => {
  const { options, lie } = sleepers();
  const store = await openMigrated(options);
  await enqueueAndServe(store, [newJob("a")]);
  await claim(store, claimRequest("before", { session: "before" }));
  const lying = await lie(store);
  const [receipt] = await enqueueAndServe(store, [newJob("a")]);
  expect(receipt?.outcome).toBe("duplicate");
  expect(await lying.now()).toBeNull();
  await enqueueAndServe(store, [newJob("b")]);
  expect((await lying.claim).jobs.map(({ lease }) => lease.ref.id)).toEqual(["b"]);
});

test("what keeps the claim from being made does not keep the job out", async () => {
  const { options, lie } = sleepers();
  const schema = newSchema();
  const store = await openMigrated({ ...options, schema });
  const lying = await lie(store);
  const client = await openClient();
  await client.query(`CREATE FUNCTION ${schema}.refuse() RETURNS trigger LANGUAGE plpgsql
                      AS $$ BEGIN RAISE EXCEPTION 'no lease today'; END $$`);
  await client.query(`CREATE TRIGGER refuse BEFORE INSERT ON ${schema}.lease EXECUTE FUNCTION ${schema}.refuse()`);
  const receipts = await enqueueAndServe(store, [newJob("a")]);
  expect(receipts.map(({ outcome }) => outcome)).toEqual(["accepted"]);
  await expect(lying.claim).rejects.toThrow("no lease today");
  await client.query(`DROP TRIGGER refuse ON ${schema}.lease`);
  const { jobs } = await claim(store, claimRequest("next"));
  expect(jobs.map(({ lease }) => lease.ref.id)).toEqual(["a"]);
});

test("if the answer is lost both are told so", async () => {
  const { options, lie } = sleepers();
  const schema = newSchema();
  await openMigrated({ schema });
  const proxy = await startProxy({ to: serverUrl() });
  onTestFinished(() => proxy.stop());
  const store = openStore({ ...options, schema, url: proxy.url, callTimeoutMs: 500 });
  const lying = await lie(store);
  proxy.blackhole();
  await expect(enqueueAndServe(store, [newJob("a")])).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
  // One that looked by itself now would find the server well.
  proxy.heal();
  await expect(lying.claim).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
});
