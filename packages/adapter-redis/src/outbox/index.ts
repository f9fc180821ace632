/** `@jobyard/adapter-redis/outbox`: jobs in the caller's own SQL transactions, for a queue that lives on Redis. */

export { createOutbox } from "./outbox.ts";
export { type OutboxTableOptions, outboxTable } from "./outbox-table.ts";
export type { PostgresClient, PostgresPool, PostgresTransaction } from "./postgres/connection.ts";
export { type Relayed, relay, relayAll } from "./relay.ts";
export type { Relay, RelayHooks, RelayOptions, RelayStatus, RelayTarget } from "./relay-surface.ts";
export type { SqliteDatabase, SqliteStatement } from "./sqlite/connection.ts";
export type {
  Outbox,
  OutboxEnqueueOptions,
  OutboxOptions,
  OutboxStatus,
  PostgresOutboxOptions,
  PreparedJob,
  RefusedJob,
  SqliteOutbox,
  SqliteOutboxOptions,
} from "./surface.ts";
export type { OutboxRow, OutboxTable, PassRequest, Verdict } from "./table.ts";
