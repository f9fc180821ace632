/**
 * Work inside a transaction of the caller: on a pg client, or on anything else that runs statements in it.
 *
 * A savepoint brackets it, so that what fails here is undone here, and commit and rollback stay with the caller. It
 * also proves that a transaction is open: outside of one the server refuses it.
 */

import { type Instant, QueueError } from "@jobyard/core/adapter";
import { type Connection, connectionOver, connectionThrough, type Executor } from "./connection.ts";
import type { Dialect } from "./dialect.ts";
import { sqlState } from "./faults.ts";
import { schemaStatus } from "./migrate.ts";
import { withCode } from "./pool.ts";
import { readNow } from "./sql/time.sql.ts";
import { type None, type Statement, sql } from "./statement.ts";

const open: Statement<None> = sql`SAVEPOINT jobyard`;
const keep: Statement<None> = sql`RELEASE SAVEPOINT jobyard`;
const undo: Statement<None> = sql`ROLLBACK TO SAVEPOINT jobyard`;

export class Borrower {
  readonly #dialect: Dialect;
  /** The end of what runs on each of them: brackets must not cross. */
  readonly #busy = new WeakMap<object, Promise<unknown>>();
  /** Those that were found to lead to our store. */
  readonly #known = new WeakSet<object>();

  constructor(dialect: Dialect) {
    this.#dialect = dialect;
  }

  /**
   * @param findStore - which one the transaction has to lead to
   * @throws QueueError `BAD_OPTION` with the field `tx`; and what `work` throws
   */
  async within<T>(tx: unknown, findStore: () => Promise<string>, work: (db: Connection) => Promise<T>): Promise<T> {
    const executor = asExecutor(tx);
    const before = this.#busy.get(executor) ?? Promise.resolve();
    const running = before.catch(() => {}).then(async () => this.#bracket(executor, await findStore(), work));
    this.#busy.set(executor, running);
    return running;
  }

  async #bracket<T>(executor: Executor, store: string, work: (db: Connection) => Promise<T>): Promise<T> {
    const db = isPgClient(executor)
      ? connectionOver(executor, this.#dialect)
      : connectionThrough(executor, this.#dialect);
    // A pg client that has lost its connection says so in errors without a code.
    const toldAs = isPgClient(executor) ? withCode : (error: unknown) => error;
    await begin(db).catch((error: unknown) => {
      throw toldAs(error);
    });
    try {
      await this.#assertSame(executor, db, store);
      const result = await work(db);
      await db.run(keep, {});
      return result;
    } catch (error) {
      // If this fails too the connection is gone, and the caller's transaction with it: the first error says more.
      const isUndone = await db.run(undo, {}).then(
        () => db.run(keep, {}).then(() => true),
        () => false,
      );
      throw isUndone ? error : toldAs(error);
    }
  }

  async #assertSame(executor: Executor, db: Connection, store: string): Promise<void> {
    if (this.#known.has(executor)) return;
    const found = await schemaStatus(db, this.#dialect.schema);
    if (found.store !== store)
      throw badTx(`leads to another database than this store's schema ${this.#dialect.schema}`);
    this.#known.add(executor);
  }
}

/** The time of a step inside of it. */
export async function timeOf(db: Connection): Promise<Instant> {
  const answer = await db.get(readNow, {});
  return Number(answer?.now);
}

async function begin(db: Connection): Promise<void> {
  try {
    await db.run(open, {});
  } catch (error) {
    const state = sqlState(error);
    if (state === "25P01") throw badTx("has no open transaction; begin one first");
    if (state === "25P02") throw badTx("is a transaction that has failed already; roll it back");
    throw error;
  }
}

function asExecutor(tx: unknown): Executor {
  if (typeof tx === "object" && tx !== null && "query" in tx && typeof tx.query === "function") return tx as Executor;
  throw badTx("must be a pg client, or have a method query(text, values) that answers { rows }");
}

/** Only pg's own clients have it, also those of another copy of pg. */
const isPgClient = (executor: object): executor is Parameters<typeof connectionOver>[0] =>
  "getTypeParser" in executor && "escapeLiteral" in executor;

const badTx = (what: string): QueueError => new QueueError("BAD_OPTION", `tx ${what}`, { field: "tx" });
