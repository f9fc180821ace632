import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { availableRedis, startRedis } from "../src/index.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "jobyard-test-"));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

/** A program of which only its version is asked, in the one folder that PATH then names. */
async function onPath(name: string, says: string, code = 0): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, `#!/bin/sh\necho '${says}'\nexit ${code}\n`, { mode: 0o755 });
  vi.stubEnv("PATH", folder);
  return file;
}

test("at least one server is there, each product once, and the first says that it is Redis", () => {
  const products = availableRedis().map((each) => each.product);
  expect(products.length).toBeGreaterThan(0);
  expect(products).toEqual([...new Set(products)].sort());
});

test("servers on PATH are told apart by what they say, not by their names", async () => {
  const file = await onPath("redis-server", "Valkey server v=8.1.1 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64");
  expect(availableRedis()).toEqual([{ product: "Valkey", version: "8.1.1", file, env: {} }]);
});

test("both products are found, Redis first", async () => {
  await onPath("valkey-server", "Valkey server v=9.0.0 sha=00000000:0");
  await onPath("redis-server", "Redis server v=8.2.1 sha=00000000:0");
  expect(availableRedis().map(({ product, version }) => `${product} ${version}`)).toEqual([
    "Redis 8.2.1",
    "Valkey 9.0.0",
  ]);
});

test("a product that is not there is refused with what is, and with what does not run", async () => {
  await onPath("redis-server", "Redis server v=8.2.1 sha=00000000:0");
  const broken = await onPath("valkey-server", "no such libc", 1);
  await expect(startRedis({ product: "Valkey" })).rejects.toThrow(
    `No Valkey to start. Put valkey-server on PATH. There is Redis 8.2.1 in ${folder}/redis-server. ` +
      `${broken} does not run: no such libc.`,
  );
});
