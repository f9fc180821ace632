/** The store on a Redis server of its own, which is kept as its snapshot and runs while it is measured. */

import { redisAdapter } from "@jobyard/adapter-redis";
import { connectRedis, startRedis } from "@jobyard/servers";
import type { Redis } from "ioredis";
import { fill, startOfHistory } from "./fill.ts";
import type { OpenStore, Wanted } from "./full-store.ts";
import { kept } from "./kept.ts";

/** Where the adapter's stopped clock stands; its prefix is the default one. */
const CLOCK = "bull::clock";

export const openRedis: OpenStore = async (wanted) => {
  const path = await kept({ backend: "redis", ...wanted, make: (folder) => make(folder, wanted) });
  const server = await startRedis({ folder: path });
  return { url: server.url, path, hasIndexFor: (q) => ONE_TERM.test(q), close: () => server.stop() };
};

/** BullMQ's structures and our indexes lead to one state, to a queue, an id, a time of enqueue; not to several at once. */
const ONE_TERM = /^(state:\w+|-?queue:\S+|queue:\([^)]*\)|id:.*|created:\S+)?$/;

async function make(folder: string, wanted: Wanted): Promise<void> {
  const server = await startRedis({ folder });
  try {
    const client = await connectRedis(server.url);
    await fillServer(server.url, client, wanted);
    await client.save();
    client.disconnect();
  } finally {
    await server.stop();
  }
}

async function fillServer(url: string, client: Redis, { jobs, seed, onProgress }: Wanted): Promise<void> {
  let now = startOfHistory();
  await client.set(CLOCK, now);
  const clock = {
    now: () => now,
    async advance(ms: number): Promise<void> {
      now += ms;
      await client.set(CLOCK, now);
    },
  };
  const adapter = redisAdapter({ url, clock: "stopped" });
  await fill(adapter, clock, { jobs, seed, onProgress: (done) => onProgress(`made ${done} of ${jobs} jobs`) });
  await adapter.close();
  await client.del(CLOCK);
}
