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
