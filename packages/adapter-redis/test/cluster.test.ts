/** A worker on a cluster whose nodes crash, and whose slots move, while it is at work. */

import { connectRedis, type RedisCluster, type RedisServer, startRedisCluster } from "@jobyard/servers";
import { Queue } from "bullmq";
import { Cluster, type Redis } from "ioredis";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { RedisOptions } from "../src/index.ts";
import { adminOf, assertEachOnce, atWork, enqueueAll, jobIds, openAdapter, QUEUE, untilCompleted } from "./at-work.ts";
import { until } from "./links.ts";

let cluster: RedisCluster;

beforeAll(async () => {
  cluster = await startRedisCluster({ appendonly: "always" });
});
afterAll(() => cluster.stop());

const optionsFor = (prefix: string): RedisOptions => ({
  ...{ cluster: cluster.nodes.map(({ port }) => `127.0.0.1:${port}`), prefix, callTimeoutMs: 5_000 },
});

const handle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 10));

async function slotOf(prefix: string): Promise<number> {
  const [node] = cluster.nodes;
  const client = await connectRedis(node?.url ?? "");
  const slot = Number(await client.cluster("KEYSLOT", prefix));
  client.disconnect();
  return slot;
}

const nodeAt = (index: number): RedisServer => {
  const node = cluster.nodes[index];
  if (node === undefined) throw new Error(`no node ${index}`);
  return node;
};

test("the node that has the yard is killed and comes back: no job is lost, none is done twice", {
  timeout: 120_000,
}, async () => {
  const prefix = "{crash}";
  const adapter = openAdapter(optionsFor(prefix));
  await enqueueAll(adapter, jobIds(300));
  const { runs } = await atWork(optionsFor(prefix), { handle });
  await until("it is at work", () => runs.size >= 100);
  const node = nodeAt(Math.floor(((await slotOf(prefix)) * 3) / 16_384));
  await node.crash();
  await node.restart();
  await cluster.untilOk();
  await untilCompleted(adapter, 300);
  await assertEachOnce(adapter, jobIds(300), runs);
});

test.each(["own", "v6"] as const)(
  "the yard's slot moves to another node: nobody works on half of it (fleet %s)",
  {
    timeout: 120_000,
  },
  async (fleet) => {
    const prefix = `{moving-${fleet}}`;
    const options = { ...optionsFor(prefix), fleet };
    const adapter = openAdapter(options);
    if (fleet === "own") await enqueueAll(adapter, jobIds(300));
    else await addByStock(prefix, jobIds(300));
    const { runs } = await atWork(options, { handle });
    await until("it is at work", () => runs.size >= 50);
    const slot = await slotOf(prefix);
    const from = Math.floor((slot * 3) / 16_384);
    const [source, target] = [nodeAt(from), nodeAt((from + 1) % 3)];
    const moved = await moveSlot(slot, await adminOf(source), await adminOf(target), target.port);
    expect(moved).toBeGreaterThan(300);
    expect(runs.size).toBeLessThan(300);
    await untilCompleted(adapter, 300);
    await assertEachOnce(adapter, jobIds(300), runs);
    expect(await (await adminOf(source)).cluster("COUNTKEYSINSLOT", slot)).toBe(0);
  },
);

/** As a program with BullMQ does. */
async function addByStock(prefix: string, ids: readonly string[]): Promise<void> {
  const connection = new Cluster(cluster.nodes.map(({ port }) => ({ host: "127.0.0.1", port })));
  const queue = new Queue(QUEUE, { prefix, connection });
  await queue.addBulk(ids.map((id) => ({ name: "step", data: { id }, opts: { jobId: id } })));
  await queue.close();
  connection.disconnect();
}

/** As a cluster's tools do it: key by key, while clients go on asking. Returns how many keys there were. */
async function moveSlot(slot: number, source: Redis, target: Redis, port: number): Promise<number> {
  const [from, to] = await Promise.all([source.cluster("MYID"), target.cluster("MYID")]);
  await target.cluster("SETSLOT", slot, "IMPORTING", String(from));
  await source.cluster("SETSLOT", slot, "MIGRATING", String(to));
  let moved = 0;
  for (;;) {
    const keys = await source.cluster("GETKEYSINSLOT", slot, 5);
    if (keys.length === 0) break;
    await source.call("MIGRATE", "127.0.0.1", port, "", 0, 5_000, "KEYS", ...keys);
    moved += keys.length;
  }
  for (const node of [target, source]) await node.cluster("SETSLOT", slot, "NODE", String(to));
  return moved;
}
