import { Cluster } from "ioredis";
import { expect, test } from "vitest";
import { connectRedis, type RedisServer, startRedis, startRedisCluster } from "../src/index.ts";
import { allOf } from "../src/redis/together.ts";

/** Names whose slots lie with the first, the second and the third node. */
const KEYS = ["b", "c", "a"];

async function infoOf(node: RedisServer): Promise<string> {
  const client = await connectRedis(node.url);
  const info = await client.cluster("INFO");
  client.disconnect();
  return String(info);
}

test("three masters share the slots, and a crashed one comes back with its own", async () => {
  await using cluster = await startRedisCluster({ appendonly: "always" });
  for (const node of cluster.nodes) expect(await infoOf(node)).toMatch(/cluster_state:ok.*cluster_known_nodes:3\b/s);
  const nodes = cluster.nodes.map(({ port }) => ({ host: "127.0.0.1", port }));
  expect(nodes).toHaveLength(3);
  const client = new Cluster(nodes.slice(0, 1));
  await Promise.all(KEYS.map((key) => client.set(key, key)));
  expect(client.nodes("master")).toHaveLength(3);
  for (const [index, node] of cluster.nodes.entries()) {
    const direct = await connectRedis(node.url);
    expect(await direct.keys("*")).toEqual([KEYS[index]]);
    direct.disconnect();
  }
  client.disconnect();

  const [, second] = cluster.nodes;
  expect(await second?.crash()).toHaveLength(1);
  expect(await second?.restart()).toContain("DB loaded from append only file");
  await cluster.untilOk();
  const again = new Cluster(nodes);
  expect(await Promise.all(KEYS.map((key) => again.get(key)))).toEqual(KEYS);
  again.disconnect();
});

test("if one server does not start the others are stopped, and it says why", async () => {
  const good = startRedis();
  await expect(allOf([good, startRedis({ lines: ["maxmemory plenty"] })])).rejects.toThrow("maxmemory");
  expect((await good).pid).toBeNull();
  await expect(startRedisCluster({ lines: ["cluster-node-timeout soon"] })).rejects.toThrow("cluster-node-timeout");
});
