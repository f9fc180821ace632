/** The contract on a cluster of three nodes: each test's keys are in one slot, and the slots are spread over the nodes. */

import { describeAdapter } from "@jobyard/core/testing";
import { newPrefix, type RedisCluster, startRedisCluster } from "@jobyard/servers";
import { Cluster } from "ioredis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { modelRuns, openBenchAt } from "./bench.ts";

let cluster: RedisCluster;

beforeAll(async () => {
  cluster = await startRedisCluster();
});
afterAll(() => cluster.stop());

const ports = (): readonly number[] => cluster.nodes.map(({ port }) => port);

const open = openBenchAt({
  newKeys: () => {
    const prefix = `{${newPrefix(cluster.nodes[0]?.url ?? "").prefix}}`;
    const hosts = ports().map((port) => `127.0.0.1:${port}`);
    return { prefix, url: `redis+cluster://${hosts.join(",")}?prefix=${prefix}` };
  },
  connect: () => new Cluster(ports().map((port) => ({ host: "127.0.0.1", port }))),
});

describeAdapter("a cluster of three", open, { strictOrder: false, modelRuns: modelRuns(1 / 20) });

test("every node has had its part", async () => {
  const client = new Cluster(ports().map((port) => ({ host: "127.0.0.1", port })));
  await client.ping();
  const sizes = await Promise.all(client.nodes("master").map((node) => node.dbsize()));
  client.disconnect();
  expect(sizes.length).toBe(3);
  expect(Math.min(...sizes)).toBeGreaterThan(0);
});
