/** What is used of a Postgres client, so that none is a dependency; and what the server's errors say. */

import { badOption } from "@jobyard/core/adapter";

/**
 * An open transaction: a pg `Client`, a client that a `Pool` lent, or anything else that runs statements in one. What
 * `fromKysely`, `fromDrizzle`, `fromKnex` and `fromPrisma` of `@jobyard/adapter-postgres` make is one too.
 */
export interface PostgresTransaction {
  query(text: string, values: unknown[]): Promise<{ readonly rows: readonly unknown[] }>;
}

/** A `Pool` of pg. */
export interface PostgresPool {
  connect(): Promise<PostgresClient>;
}

/** A client that a `Pool` lent. */
export interface PostgresClient extends PostgresTransaction {
  /** @param broken - true: the connection is not to be used again */
  release(broken?: boolean): void;
  on(event: "error", listener: (error: Error) => void): unknown;
  removeListener(event: "error", listener: (error: Error) => void): unknown;
}

/** @throws QueueError `BAD_OPTION` with the field `tx` */
export function asTransaction(tx: unknown): PostgresTransaction {
  if (hasQuery(tx)) return tx;
  throw badTx("must be a pg client, or have a method query(text, values) that answers { rows }");
}

/** What a pool lent. @throws QueueError `BAD_OPTION` with the field `db` */
export function asLent(client: unknown): PostgresClient {
  if (hasQuery(client) && "release" in client) return client as PostgresClient;
  throw badOption("db", "must be a Pool of pg: relays need connections of their own");
}

const hasQuery = (tx: unknown): tx is PostgresTransaction =>
  typeof tx === "object" && tx !== null && "query" in tx && typeof tx.query === "function";

export const badTx = (what: string): Error => badOption("tx", what);

/**
 * The server's own code, also from within the errors of other libraries: the innermost one counts. Null if the server
 * said nothing.
 */
export function sqlState(error: unknown): string | null {
  let state: string | null = null;
  let inner = error;
  for (let depth = 0; depth < DEEPEST && typeof inner === "object" && inner !== null; depth++) {
    const { code, originalCode, cause, meta, driverAdapterError } = inner as Readonly<Record<string, unknown>>;
    const own = originalCode ?? code;
    // Node's EPIPE and EPERM have five letters too, and no digit.
    if (typeof own === "string" && /^(?=.*\d)[0-9A-Z]{5}$/.test(own)) state = own;
    // Where Drizzle, Kysely, Prisma and others keep what the driver threw.
    inner = cause ?? meta ?? driverAdapterError;
  }
  return state;
}

const DEEPEST = 6;
