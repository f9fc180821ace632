/** Real servers for tests, benches and torture: found or brought along, watched over, and gone when their owner is. */

export { isPgBouncerWanted } from "./pgbouncer/available.ts";
export { type PgBouncer, type PgBouncerOptions, startPgBouncer } from "./pgbouncer/server.ts";
export { type AvailablePostgres, availablePostgres } from "./postgres/available.ts";
export type { PostgresSettings } from "./postgres/launch.ts";
export { type PostgresOptions, type PostgresServer, startPostgres, throwaway } from "./postgres/server.ts";
export {
  type BlackholeOptions,
  type ProxyConnection,
  type ProxyOptions,
  startProxy,
  type TcpProxy,
} from "./proxy/proxy.ts";
export { type AvailableRedis, availableRedis, type RedisProduct } from "./redis/available.ts";
export type { Certificate } from "./redis/certificate.ts";
export { connectRedis } from "./redis/client.ts";
export { type RedisCluster, type RedisClusterOptions, startRedisCluster } from "./redis/cluster.ts";
export { type KeysOfTest, newPrefix } from "./redis/prefix.ts";
export { type RedisSentinelOptions, type RedisSentinels, startRedisSentinels } from "./redis/sentinel.ts";
export { type RedisOptions, type RedisServer, startRedis } from "./redis/server.ts";
