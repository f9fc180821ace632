/** Jobyard on Redis, on BullMQ's layout. */

export { redisAdapter } from "./adapter.ts";
export { dropRedisPrefix } from "./drop.ts";
export type { Fleet, RedisOptions } from "./options.ts";
