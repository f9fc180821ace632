/** `createOutbox`: options checked, the database recognised, and jobs prepared as a yard prepares them. */

import { durationMs } from "@jobyard/core";
import {
  badOption,
  checkInteger,
  checkKnown,
  createPreparer,
  type JobRef,
  type NewJob,
  type Preparer,
  systemPorts,
} from "@jobyard/core/adapter";
import { postgresPlace, sqlitePlace } from "./place.ts";
import type { PostgresPool, PostgresTransaction } from "./postgres/connection.ts";
import { PostgresTable } from "./postgres/table.ts";
import type { SqliteDatabase } from "./sqlite/connection.ts";
import { SqliteTable } from "./sqlite/table.ts";
import type {
  Outbox,
  OutboxEnqueueOptions,
  OutboxOptions,
  PostgresOutboxOptions,
  PreparedJob,
  SqliteOutbox,
  SqliteOutboxOptions,
} from "./surface.ts";
import type { OutboxTable } from "./table.ts";

const COMMON = ["table", "maxPayloadBytes", "ports"] as const;
const SHORTEST_CLAIM_MS = 1_000;
const LONGEST_CLAIM_MS = 3_600_000;

/**
 * An outbox in the database of the caller. Nothing is done yet: make the tables with `migrate()`, once.
 *
 * @param db - a `Pool` of pg; or a `Database` of better-sqlite3, best one that relays have for themselves
 * @throws QueueError `BAD_OPTION`, `BAD_DURATION`
 */
export function createOutbox(db: PostgresPool, options?: PostgresOutboxOptions): Outbox<PostgresTransaction>;
export function createOutbox(db: SqliteDatabase, options?: SqliteOutboxOptions): SqliteOutbox;
export function createOutbox(
  db: PostgresPool | SqliteDatabase,
  options: PostgresOutboxOptions & SqliteOutboxOptions = {},
): Outbox<PostgresTransaction> | SqliteOutbox {
  if (isSqlite(db)) return sqliteOutbox(db, options);
  if (isPostgres(db)) return postgresOutbox(db, options);
  throw badOption("db", "must be a Pool of pg, or a Database of better-sqlite3");
}

const isSqlite = (db: unknown): db is SqliteDatabase =>
  typeof db === "object" && db !== null && "prepare" in db && "inTransaction" in db;
const isPostgres = (db: unknown): db is PostgresPool => typeof db === "object" && db !== null && "connect" in db;

function postgresOutbox(db: PostgresPool, options: PostgresOutboxOptions): Outbox<PostgresTransaction> {
  checkKnown(options, [...COMMON, "schema"], "createOutbox on Postgres");
  const table = new PostgresTable(db, postgresPlace(options.schema, options.table));
  return outboxOn<PostgresTransaction>(table, preparerOf(options), (tx, jobs) => table.write(tx, jobs));
}

function sqliteOutbox(db: SqliteDatabase, options: SqliteOutboxOptions): SqliteOutbox {
  checkKnown(options, [...COMMON, "claim"], "createOutbox on SQLite");
  const claimMs = checkInteger(
    durationMs(options.claim ?? "30s", "claim"),
    SHORTEST_CLAIM_MS,
    LONGEST_CLAIM_MS,
    "claim",
  );
  const preparer = preparerOf(options);
  const table = new SqliteTable(db, {
    place: sqlitePlace(options.table),
    ports: options.ports ?? systemPorts,
    claimMs,
  });
  return {
    ...outboxOn<SqliteDatabase>(table, preparer, async (tx, jobs) => table.write(tx, jobs)),
    prepare: async (job, payload, own) => (await preparer.one(job, payload, withoutTx(own))) as PreparedJob,
    write: (tx, jobs) => {
      table.write(tx, jobs);
      return jobs.map(refOf);
    },
  };
}

const preparerOf = ({ ports = systemPorts, maxPayloadBytes }: OutboxOptions): Preparer =>
  createPreparer({ ports, maxPayloadBytes });

function outboxOn<Tx>(
  table: OutboxTable,
  preparer: Preparer,
  write: (tx: Tx, jobs: readonly NewJob[]) => Promise<void>,
): Outbox<Tx> {
  const written = async (tx: Tx, jobs: readonly NewJob[]): Promise<readonly JobRef[]> => {
    await write(tx, jobs);
    return jobs.map(refOf);
  };
  return {
    table,
    enqueue: async (tx, job, payload, options) => {
      const [ref] = await written(tx, [await preparer.one(job, payload, withoutTx(options))]);
      return ref as JobRef;
    },
    enqueueMany: async (tx, job, payloads, options) =>
      written(tx, await preparer.many(job, payloads, withoutTx(options))),
    enqueueRaw: async (tx, jobs) => {
      for (const { options } of jobs) withoutTx(options);
      return written(tx, await preparer.raw(jobs));
    },
    migrate: () => table.migrate(),
    status: () => table.status(),
    refused: async (options = {}) => {
      checkKnown(options, ["limit"], "refused");
      return table.refused(checkInteger(options.limit ?? 100, 1, 1_000, "limit"));
    },
    retry: async (numbers) => table.retry(checkNumbers(numbers)),
    discard: async (numbers) => table.discard(checkNumbers(numbers)),
  };
}

const refOf = ({ queue, id }: JobRef): JobRef => ({ queue, id });

/** The transaction is an argument here: a second one would be ignored. */
function withoutTx(options: OutboxEnqueueOptions | undefined): OutboxEnqueueOptions | undefined {
  if (options !== undefined && "tx" in options) throw badOption("tx", "is the first argument of an outbox's enqueue");
  return options;
}

const checkNumbers = (numbers: readonly number[]): readonly number[] =>
  numbers.map((number) => checkInteger(number, 0, Number.MAX_SAFE_INTEGER, "numbers"));
