/** Redis: a server for every round, which is up in a tenth of a second and has nothing in it from the one before. */

import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { connectRedis, type RedisServer, startRedis } from "@jobyard/servers";
import type { Redis } from "ioredis";
import type { Backend, ServerSpent, Site } from "../backend.ts";
import { describeFolder } from "../file-system.ts";
import { versionOf } from "../versions.ts";
import { REDIS_CONTENDERS } from "./redis-contenders.ts";
import { cpuMicrosIn, logBytesIn, memoryIn } from "./redis-cost.ts";
import { REDIS_GOALS } from "./redis-goals.ts";

/** The log is not written anew by chance within a round. */
const LINES = ["auto-aof-rewrite-percentage 0"];
const SETTINGS = "no snapshots, maxmemory-policy=noeviction; no log, or where a scenario says so appendfsync=everysec";
const FLUSHED = "bench:flushed";

export const redis: Backend = {
  name: "redis",
  contenders: REDIS_CONTENDERS,
  goals: REDIS_GOALS,
  open: openSite,
  settle: (url) => onClient(url, flushLog),
  spent: (url) => onClient(url, spentBy),
  memory: (url) => onClient(url, async (client) => memoryIn(await client.info())),
  holdSnapshot: null,
  logsIfAsked: true,
};

async function openSite(folder: string): Promise<Site> {
  // Where there is no server to be had, it is said once and not by each round.
  const { server, remove } = await serverIn(folder, false);
  await remove();
  return {
    facts: {
      [server.product]: server.version,
      settings: SETTINGS,
      ioredis: versionOf("ioredis"),
      "files on": await describeFolder(folder),
    },
    makeStore: async (logged) => {
      const made = await serverIn(folder, logged);
      return { store: made.server.url, remove: made.remove };
    },
    close: async () => {},
  };
}

async function serverIn(folder: string, logged: boolean): Promise<{ server: RedisServer; remove(): Promise<void> }> {
  const data = join(folder, `jobyard-bench-${randomUUID()}`);
  const removeData = () => rm(data, { recursive: true, force: true });
  try {
    const server = await startRedis({ folder: data, appendonly: logged ? "everysec" : "no", lines: LINES });
    const remove = async (): Promise<void> => {
      await server.stop();
      await removeData();
    };
    return { server, remove };
  } catch (error) {
    await removeData();
    throw error;
  }
}

/** What is otherwise due within the second: a server that flushes after each command has flushed what went before. */
async function flushLog(client: Redis): Promise<void> {
  await client.config("SET", "appendfsync", "always");
  await client.set(FLUSHED, "");
  await client.del(FLUSHED);
  await client.config("SET", "appendfsync", "everysec");
}

async function spentBy(client: Redis): Promise<ServerSpent> {
  const info = await client.info();
  return { cpuMicros: cpuMicrosIn(info), logBytes: logBytesIn(info) };
}

async function onClient<T>(url: string, work: (client: Redis) => Promise<T>): Promise<T> {
  const client = await connectRedis(url);
  try {
    return await work(client);
  } finally {
    client.disconnect();
  }
}
