import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { connectRedis, newPrefix, startRedis } from "../src/index.ts";
import { living } from "../src/process/table.ts";
import { until } from "./support.ts";

/** A connection that goes with the test. */
async function connected(url: string, ca?: string): Promise<Redis> {
  const client = await connectRedis(url, ca);
  onTestFinished(() => client.disconnect());
  return client;
}

async function setting(client: Redis, name: string): Promise<unknown> {
  return Object.values(await client.config("GET", name))[1];
}

test("a server forgets everything with its end unless it is told otherwise", async () => {
  await using server = await startRedis();
  const client = await connected(server.url);
  expect(await setting(client, "save")).toBe("");
  expect(await setting(client, "maxmemory-policy")).toBe("noeviction");
  await client.set("a", "1");
  expect(await server.restart()).not.toContain("append only file");
  expect(await (await connected(server.url)).get("a")).toBeNull();
});

test("crash leaves no process, and restart finds on the same port what was acknowledged", async () => {
  await using server = await startRedis({ appendonly: "always" });
  const client = await connected(server.url);
  expect(await setting(client, "appendfsync")).toBe("always");
  await client.set("a", "1");
  const { pid } = server;
  expect(living([pid ?? 0])).toEqual([pid]);

  expect(await server.crash()).toEqual([pid]);
  expect(living([pid ?? 0])).toEqual([]);
  expect(server.pid).toBeNull();
  await expect(connectRedis(server.url)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  expect(await server.crash()).toEqual([]);

  expect(await server.restart()).toContain("DB loaded from append only file");
  expect(server.pid).not.toBe(pid);
  expect(await (await connected(server.url)).get("a")).toBe("1");
});

test("halt is an end in good order, and a restart may add lines to the configuration", async () => {
  await using server = await startRedis({ appendonly: "everysec" });
  await server.halt();
  expect(server.pid).toBeNull();
  expect(server.log()).toContain("ready to exit, bye bye");
  await server.restart(["maxclients 77"]);
  const client = await connected(server.url);
  expect(await setting(client, "maxclients")).toBe("77");
  expect(await setting(client, "appendfsync")).toBe("everysec");
});

test("memory has an end where it is told to", async () => {
  await using server = await startRedis({ maxmemory: 5_000_000, maxmemoryPolicy: "allkeys-lru", lines: ["hz 20"] });
  const client = await connected(server.url);
  expect(await setting(client, "maxmemory")).toBe("5000000");
  expect(await setting(client, "maxmemory-policy")).toBe("allkeys-lru");
  expect(await setting(client, "hz")).toBe("20");
  await client.config("SET", "maxmemory-policy", "noeviction");
  const fill = async (): Promise<never> => {
    for (let key = 0; ; key += 1) await client.set(`key:${key}`, "x".repeat(500_000));
  };
  await expect(fill()).rejects.toThrow("OOM command not allowed");
});

test("only the password of the url opens, whatever characters it has", async () => {
  await using server = await startRedis({ requirepass: `a b"c/@'\\é` });
  expect(await (await connected(server.url)).ping()).toBe("PONG");
  const wrong = new URL(server.url);
  wrong.password = "guessed";
  await expect(connectRedis(wrong.href)).rejects.toThrow("WRONGPASS");
  wrong.password = "";
  await expect(connectRedis(wrong.href)).rejects.toThrow("NOAUTH");
});

test("a replica has its copy when it is there, and refuses to be written to", async () => {
  await using master = await startRedis({ requirepass: "secret word" });
  await (await connected(master.url)).set("a", "1");
  await using replica = await startRedis({ replicaOf: master.url });
  const client = await connected(replica.url);
  expect(await client.get("a")).toBe("1");
  await expect(client.set("a", "2")).rejects.toThrow("READONLY");
});

test("with TLS a client that trusts the certificate is let in, no other", async () => {
  await using server = await startRedis({ tls: true });
  expect(await (await connected(server.url, server.certificate?.ca)).ping()).toBe("PONG");
  const byName = server.url.replace("127.0.0.1", "localhost");
  expect(await (await connected(byName, server.certificate?.ca)).ping()).toBe("PONG");
  await expect(connectRedis(server.url)).rejects.toMatchObject({ code: "DEPTH_ZERO_SELF_SIGNED_CERT" });
  await expect(connectRedis(server.url.replace("rediss:", "redis:"))).rejects.toThrow();
  await expect(startRedis({ replicaOf: server.url })).rejects.toThrow("without TLS only");
});

test("a server that does not start says why", async () => {
  await expect(startRedis({ lines: ["maxmemory plenty"] })).rejects.toThrow(/'maxmemory "plenty"'|maxmemory plenty/);
  await using server = await startRedis();
  await expect(startRedis({ port: server.port })).rejects.toThrow("Address already in use");
});

test("stop removes the data, and may be called again", async () => {
  const server = await startRedis();
  expect(existsSync(server.folder)).toBe(true);
  await server.stop();
  await server.stop();
  expect(existsSync(server.folder)).toBe(false);
});

test("a folder that was given is kept, and found again", async () => {
  const folder = await mkdtemp(join(tmpdir(), "jobyard-test-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const first = await startRedis({ folder, appendonly: "everysec" });
  await (await connected(first.url)).set("kept", "2");
  await first.stop();
  await using second = await startRedis({ folder, appendonly: "everysec" });
  expect(await (await connected(second.url)).get("kept")).toBe("2");
});

test("after SIGKILL to its owner nothing of a server is left", async () => {
  const owner = spawn(process.execPath, [join(import.meta.dirname, "fixtures/redis-owner.ts")], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await once(createInterface(owner.stdout), "line");
  const { pid, folder } = JSON.parse(line);
  expect(living([pid])).toEqual([pid]);
  owner.kill("SIGKILL");
  await until("the server is gone", () => living([pid]).length === 0);
  await until("its data is gone", () => !existsSync(folder));
});

test("the keys of a test go without those of others", async () => {
  await using server = await startRedis();
  const client = await connected(server.url);
  const [mine, theirs] = [newPrefix(server.url), newPrefix(server.url)];
  expect(new URL(mine.url).searchParams.get("prefix")).toBe(mine.prefix);
  for (let key = 0; key < 2_500; key += 1) void client.set(`${mine.prefix}:mail:${key}`, "1");
  await client.set(`${theirs.prefix}:mail:1`, "1");
  await mine.remove();
  expect(await client.keys("*")).toEqual([`${theirs.prefix}:mail:1`]);
});
