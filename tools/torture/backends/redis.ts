/** Redis: a server of its own, which is killed, held up, cut off, and filled up. */

import { join } from "node:path";
import { connectRedis } from "@jobyard/servers";
import { openYard } from "jobyard";
import type { Backend, SmallDisk, TestStore } from "./backend.ts";
import { openServer, type ServerSettings } from "./redis-server.ts";

type Fsync = ServerSettings["fsync"];

/** @param fsync - `everysec`: an outage may take answered calls along */
const redisWith = (fsync: Fsync): Backend => ({
  name: "redis",
  option: fsync === "always" ? null : `--fsync ${fsync}`,
  isLossy: fsync !== "always",
  hasServer: true,
  // A call gives up after 15 s.
  lock: { waitedForMs: 3_000, toldMs: 18_000, codes: ["STORE_UNAVAILABLE"] },
  fullCodes: ["STORE_FULL"],
  prepare: (folder) => prepareIn(folder, { fsync }),
  prepareSmall: async (folder) => {
    const store = await prepareIn(folder, { fsync, maxmemory: SMALL_MB * 1_048_576 });
    return { ...store, disk: smallMemory(store.url) };
  },
  holdWriteLock,
  openLedger: null,
});

/** Every answered call is on the disk. */
export const redis: Backend = redisWith("always");

/** The same store, which keeps less: what is on the disk is at most a second old, or two. */
export const redisEverySecond: Backend = redisWith("everysec");

/** An empty server takes 1 MB. */
const SMALL_MB = 48;

async function prepareIn(folder: string, settings: ServerSettings): Promise<TestStore> {
  const server = await openServer(join(folder, "redis"), settings);
  const yard = await openYard(server.url);
  await yard.close();
  return {
    url: server.url,
    urlFor: server.urlFor,
    server,
    integrity: () => server.integrity(),
    close: () => server.stop(),
  };
}

/** There are no locks: the server itself is told to let every command wait that may write. It goes on by itself in the end. */
async function holdWriteLock(url: string): Promise<() => Promise<void>> {
  const client = await connectRedis(url);
  await client.client("PAUSE", LONGEST_LOCK_MS, "WRITE");
  return async () => {
    await client.client("UNPAUSE");
    client.disconnect();
  };
}

const LONGEST_LOCK_MS = 120_000;

const CHUNKS = [1_048_576, 65_536, 4_096, 64];

/** The memory of a server takes the place of a disk. */
function smallMemory(url: string): SmallDisk {
  let chunks = 0;
  const fill = async (): Promise<string> => {
    const client = await connectRedis(url);
    const untilFull = async (size: number): Promise<string> => {
      for (;;) {
        try {
          await client.set(ballast(chunks + 1), Buffer.alloc(size));
          chunks += 1;
        } catch (error) {
          if (error instanceof Error && error.message.startsWith("OOM")) return error.message;
          throw error;
        }
      }
    };
    try {
      let answer = "";
      for (const size of CHUNKS) answer = await untilFull(size);
      return answer;
    } finally {
      client.disconnect();
    }
  };
  return {
    means: `maxmemory of ${SMALL_MB} MB`,
    fill,
    free: async () => {
      const client = await connectRedis(url);
      for (; chunks > 0; chunks -= 1) await client.del(ballast(chunks));
      client.disconnect();
    },
  };
}

const ballast = (chunk: number): string => `ballast:${chunk}`;
