/** What people hold: an outbox, and what can be set about it. Types only. */

import type { Defined, Duration, EnqueueOptions, JobDefinition, Ports, RawJob } from "@jobyard/core";
import type { Instant, JobRef, JsonText, NewJob } from "@jobyard/core/adapter";
import type { SqliteDatabase } from "./sqlite/connection.ts";
import type { OutboxTable } from "./table.ts";

type Schema = JobDefinition["payload"];
type InputOf<S extends Schema> = NonNullable<S["~standard"]["types"]>["input"];

export interface OutboxOptions {
  /** The table's name: a-z, 0-9 and `_`, at most 40 characters. Default `jobyard_outbox`. */
  readonly table?: string;
  /** Of one payload. Default 1 MiB, at most 8 MiB; what a yard on the same queues has. */
  readonly maxPayloadBytes?: number;
  /** Ids, randomness, and the clock for pauses; the system's own by default. Instants are always the database's. */
  readonly ports?: Ports;
}

export interface PostgresOutboxOptions extends OutboxOptions {
  /** Where the table is: a-z, 0-9 and `_`, at most 48 characters. Default `public`. */
  readonly schema?: string;
}

export interface SqliteOutboxOptions extends OutboxOptions {
  /**
   * How long a relay keeps the rows that it took to itself: after the crash of a relay the others wait that long.
   * Longer than the target may take to answer. 1 s to 1 h, default `"30s"`.
   */
  readonly claim?: Duration;
}

/** Of one enqueue. The transaction is the call's own argument. */
export type OutboxEnqueueOptions = Omit<EnqueueOptions, "tx">;

/**
 * Jobs that exist if and only if the caller's transaction commits. All times are judged by the database's clock:
 * `delay` and `expiresIn` run from the write, however long the row waits for a relay.
 */
export interface Outbox<Tx> {
  /** What relays work on. */
  readonly table: OutboxTable;
  /**
   * Writes one job. It is checked as a yard checks it; its queue's bound, its id and its dedupe key are judged when it
   * is relayed.
   *
   * @param tx - an open transaction on the outbox's database
   * @returns where the job will be found
   * @throws QueueError `PAYLOAD_INVALID`, `PAYLOAD_TOO_LARGE`, `PAYLOAD_UNSERIALISABLE`, `BAD_OPTION` (with the field
   *   `tx`: no open transaction; with the field `table`: another table), `BAD_NAME`, `BAD_DURATION`, `SCHEMA_MISSING`,
   *   `SCHEMA_TOO_OLD`, `SCHEMA_TOO_NEW`; what the client throws
   */
  enqueue<S extends Schema>(
    tx: Tx,
    job: Defined<S>,
    payload: InputOf<S>,
    options?: OutboxEnqueueOptions,
  ): Promise<JobRef>;
  /** All or none, in order. @throws as `enqueue` */
  enqueueMany<S extends Schema>(
    tx: Tx,
    job: Defined<S>,
    payloads: readonly InputOf<S>[],
    options?: Omit<OutboxEnqueueOptions, "jobId">,
  ): Promise<readonly JobRef[]>;
  /** For types that are known by name only: the payload's text is stored as it is. @throws as `enqueue` */
  enqueueRaw(tx: Tx, jobs: readonly RawJob[]): Promise<readonly JobRef[]>;
  /**
   * Makes the tables, or brings them to this version: in one transaction, safe against another process doing the same.
   * What is up to date is left alone.
   *
   * @throws QueueError `SCHEMA_TOO_NEW`; `BAD_OPTION` with the field `table` if another table has the name
   */
  migrate(): Promise<{ readonly from: number; readonly to: number }>;
  /** Counts every row: for a look now and then. @throws as `enqueue` */
  status(): Promise<OutboxStatus>;
  /** Jobs that the target will not take, the oldest first. @param options.limit - 1 to 1,000, default 100 */
  refused(options?: { readonly limit?: number }): Promise<readonly RefusedJob[]>;
  /** Gives refused jobs to the relay again. @param numbers - of `refused` @returns how many there were */
  retry(numbers: readonly number[]): Promise<number>;
  /** Deletes refused jobs, for good. @param numbers - of `refused` @returns how many there were */
  discard(numbers: readonly number[]): Promise<number>;
}

/** On SQLite transactions are often functions that must not wait: for these, check first and write inside. */
export interface SqliteOutbox extends Outbox<SqliteDatabase> {
  /** @throws as `enqueue`, but for what only the database can find */
  prepare<S extends Schema>(job: Defined<S>, payload: InputOf<S>, options?: OutboxEnqueueOptions): Promise<PreparedJob>;
  /** At once. @throws as `enqueue`, but for what `prepare` has found */
  write(tx: SqliteDatabase, jobs: readonly PreparedJob[]): readonly JobRef[];
}

declare const PREPARED: unique symbol;
/** A job that was checked. Writing it twice makes one job: its id is its own already. */
export interface PreparedJob extends NewJob {
  readonly [PREPARED]: true;
}

export interface OutboxStatus {
  /** Committed, and not yet relayed. */
  readonly waiting: number;
  /** How long the oldest of these has waited, in ms; `null` if none does. */
  readonly oldestMs: number | null;
  /** Kept for a person to look at. */
  readonly refused: number;
}

export interface RefusedJob extends JobRef {
  /** Of the row. */
  readonly number: number;
  readonly name: string;
  readonly payload: JsonText;
  /** `ID_CONFLICT`, or the code of the error with which the target refused this one job. */
  readonly code: string;
  /** For people. */
  readonly message: string;
  readonly writtenAt: Instant;
  readonly refusedAt: Instant;
}
