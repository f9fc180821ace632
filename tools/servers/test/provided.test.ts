import { afterEach, expect, test, vi } from "vitest";
import { startPostgres } from "../src/index.ts";
import setup from "../src/vitest/postgres.ts";
import { type ProvidedPostgres, urlOf } from "../src/vitest/provided.ts";
import { query } from "./support.ts";

afterEach(() => vi.unstubAllEnvs());

/** What the setup provides to a project, and its teardown. */
async function provided(): Promise<{ servers: readonly ProvidedPostgres[]; teardown: () => Promise<void> }> {
  const servers: ProvidedPostgres[] = [];
  const teardown = await setup({
    provide: (_key, value) => {
      servers.push(...(value as readonly ProvidedPostgres[]));
    },
  });
  return { servers, teardown };
}

const addresses = (servers: readonly ProvidedPostgres[]): readonly string[] => servers.map(urlOf);

test("projects share the servers, which end with the last of them", async () => {
  const first = await provided();
  const second = await provided();
  expect(first.servers.length).toBeGreaterThan(0);
  expect(addresses(second.servers)).toEqual(addresses(first.servers));
  await first.teardown();
  for (const url of addresses(second.servers)) expect(await query(url, "SELECT 1 AS n")).toEqual([{ n: 1 }]);
  await second.teardown();
  for (const url of addresses(second.servers))
    await expect(query(url, "SELECT 1")).rejects.toMatchObject({ code: "ECONNREFUSED" });
});

test("a server given by its address is used as it is, and left alone", async () => {
  await using server = await startPostgres();
  vi.stubEnv("JOBYARD_TEST_POSTGRES_URL", server.url);
  const { servers, teardown } = await provided();
  expect(servers).toEqual([{ version: server.version, url: server.url }]);
  await teardown();
  expect(await query(server.url, "SELECT 1 AS n")).toEqual([{ n: 1 }]);
});

test("a server that cannot be reached fails its tests, not the run", async () => {
  vi.stubEnv("JOBYARD_TEST_POSTGRES_URL", "postgres://127.0.0.1:1/none");
  const { servers, teardown } = await provided();
  expect(() => addresses(servers)).toThrow(/of JOBYARD_TEST_POSTGRES_URL is missing: .*ECONNREFUSED/);
  await teardown();
});

test("a version that is asked for and not there fails its tests, not the run", async () => {
  vi.stubEnv("JOBYARD_TEST_POSTGRES_VERSIONS", "7");
  const { servers, teardown } = await provided();
  expect(() => addresses(servers)).toThrow("PostgreSQL 7 is missing: No PostgreSQL 7 to start.");
  await teardown();
});
