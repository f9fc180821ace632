/** What is used of better-sqlite3, so that it is no dependency; statements by name of place, prepared once. */

import { badOption } from "@jobyard/core/adapter";
import { inPlace, type Place } from "../place.ts";

/** A `Database` of better-sqlite3. */
export interface SqliteDatabase {
  readonly inTransaction: boolean;
  exec(text: string): unknown;
  prepare(text: string): SqliteStatement;
}

export interface SqliteStatement {
  all(...values: unknown[]): unknown[];
  run(...values: unknown[]): { readonly changes: number | bigint };
}

/** @throws QueueError `BAD_OPTION` with the field named */
export function asDatabase(db: unknown, field: string): SqliteDatabase {
  const isOne = typeof db === "object" && db !== null && "prepare" in db && "inTransaction" in db;
  if (!isOne) throw badOption(field, "must be a Database of better-sqlite3");
  return db as SqliteDatabase;
}

/** Statements of one connection, for one place. */
export class Session {
  readonly db: SqliteDatabase;
  readonly place: Place;
  readonly #prepared = new Map<string, SqliteStatement>();

  constructor(db: SqliteDatabase, place: Place) {
    this.db = db;
    this.place = place;
  }

  all<Row>(text: string, ...values: readonly unknown[]): readonly Row[] {
    return this.#statement(text).all(...values) as readonly Row[];
  }

  get<Row>(text: string, ...values: readonly unknown[]): Row | undefined {
    return this.all<Row>(text, ...values)[0];
  }

  /** @returns how many rows changed */
  run(text: string, ...values: readonly unknown[]): number {
    return Number(this.#statement(text).run(...values).changes);
  }

  /** All of `work` or nothing, in a transaction of its own that waits for the write lock at its beginning. */
  transaction<T>(work: () => T): T {
    this.db.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      this.db.exec("COMMIT");
      return result;
    } catch (error) {
      // After some errors SQLite has rolled back already.
      if (this.db.inTransaction) this.db.exec("ROLLBACK");
      throw error;
    }
  }

  #statement(text: string): SqliteStatement {
    const known = this.#prepared.get(text);
    if (known !== undefined) return known;
    const statement = this.db.prepare(inPlace(text, this.place));
    this.#prepared.set(text, statement);
    return statement;
  }
}
