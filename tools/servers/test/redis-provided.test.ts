import { afterEach, expect, test, vi } from "vitest";
import { connectRedis, startRedis } from "../src/index.ts";
import { type ProvidedRedis, urlOf } from "../src/vitest/provided.ts";
import setup from "../src/vitest/redis.ts";

afterEach(() => vi.unstubAllEnvs());

/** What the setup provides to a project, and its teardown. */
async function provided(): Promise<{ servers: readonly ProvidedRedis[]; teardown: () => Promise<void> }> {
  const servers: ProvidedRedis[] = [];
  const teardown = await setup({
    provide: (_key, value) => {
      servers.push(...(value as readonly ProvidedRedis[]));
    },
  });
  return { servers, teardown };
}

async function answers(url: string): Promise<boolean> {
  const client = await connectRedis(url);
  const answer = await client.ping();
  client.disconnect();
  return answer === "PONG";
}

test("projects share the servers, which end with the last of them", async () => {
  const first = await provided();
  const second = await provided();
  expect(first.servers.length).toBeGreaterThan(0);
  expect(second.servers).toEqual(first.servers);
  await first.teardown();
  for (const server of second.servers) expect(await answers(urlOf(server))).toBe(true);
  await second.teardown();
  for (const server of second.servers)
    await expect(answers(urlOf(server))).rejects.toMatchObject({ code: "ECONNREFUSED" });
});

test("a server given by its address is used as it is, and left alone", async () => {
  await using server = await startRedis({ requirepass: "secret" });
  vi.stubEnv("JOBYARD_TEST_REDIS_URL", server.url);
  const { servers, teardown } = await provided();
  const { product, version, url } = server;
  expect(servers).toEqual([{ product, version, url }]);
  await teardown();
  expect(await answers(url)).toBe(true);
});

test.each([
  ["that cannot be reached", "redis://127.0.0.1:1/0", /of JOBYARD_TEST_REDIS_URL is missing: .*ECONNREFUSED/],
  ["whose address is none", "http://", /of JOBYARD_TEST_REDIS_URL is missing: /],
])("a server %s fails its tests, not the run", async (_, url, reason) => {
  vi.stubEnv("JOBYARD_TEST_REDIS_URL", url);
  const { servers, teardown } = await provided();
  expect(() => servers.map(urlOf)).toThrow(reason);
  await teardown();
});
