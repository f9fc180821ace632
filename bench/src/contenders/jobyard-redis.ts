/** Jobyard on Redis. */

import { redisAdapter } from "@jobyard/adapter-redis";
import { connectRedis } from "@jobyard/servers";
import type { Queue } from "../contender.ts";
import { queueOn } from "./jobyard.ts";

/** Where BullMQ has those of the default queue. */
const COMPLETED = "bull:default:completed";

export async function open(url: string): Promise<Queue> {
  const counter = await connectRedis(url);
  return queueOn(redisAdapter({ url }), {
    completed: () => counter.zcard(COMPLETED),
    close: async () => counter.disconnect(),
  });
}
