/** One better-sqlite3 connection with its prepared statements: each statement is compiled once per connection. */

import type { Database, Statement as Prepared } from "better-sqlite3";
import type { None, Statement } from "./statement.ts";

export class Connection {
  readonly #database: Database;
  readonly #prepared = new Map<string, Prepared<[object], unknown>>();

  readonly #owner: "us" | "caller";

  /** @param owner - whose transaction it is that may be open */
  constructor(database: Database, owner: "us" | "caller" = "us") {
    this.#database = database;
    this.#owner = owner;
  }

  /** Rows that were changed. */
  run<P extends object>(statement: Statement<P>, parameters: P): number {
    return this.#prepare(statement.text).run(parameters).changes;
  }

  get<P extends object, R>(statement: Statement<P, R>, parameters: P): R | undefined {
    return this.#prepare(statement.text).get(parameters) as R | undefined;
  }

  all<P extends object, R>(statement: Statement<P, R>, parameters: P): R[] {
    return this.#prepare(statement.text).all(parameters) as R[];
  }

  /** For scripts of several statements: migrations. */
  execute(statement: Statement<None>): void {
    this.#database.exec(statement.text);
  }

  pragma(source: string): unknown {
    return this.#database.pragma(source, { simple: true });
  }

  /**
   * All of it or nothing. Inside the caller's transaction it is a savepoint of that one: what fails here is
   * undone here, and commit and rollback stay with the caller. A transaction of our own takes the write lock at
   * once: one that begins as a reader could not wait for it later.
   */
  write<T>(work: () => T): T {
    if (this.#owner === "us") return this.#own("BEGIN IMMEDIATE", work);
    const undo = ["ROLLBACK TO jobyard", "RELEASE jobyard"];
    return this.#bracket("SAVEPOINT jobyard", "RELEASE jobyard", undo, work);
  }

  /** Everything in it sees the same state of the store. */
  read<T>(work: () => T): T {
    return this.#own("BEGIN", work);
  }

  /** What a failed rollback left open goes first: a step inside of it would be answered, and never committed. */
  #own<T>(begin: "BEGIN" | "BEGIN IMMEDIATE", work: () => T): T {
    if (this.#database.inTransaction) this.#prepare("ROLLBACK").run({});
    return this.#bracket(begin, "COMMIT", ["ROLLBACK"], work);
  }

  #bracket<T>(begin: string, end: string, undo: readonly string[], work: () => T): T {
    this.#prepare(begin).run({});
    try {
      const result = work();
      this.#prepare(end).run({});
      return result;
    } catch (error) {
      // A full disk makes SQLite roll back by itself.
      if (this.#database.inTransaction) for (const text of undo) this.#prepare(text).run({});
      throw error;
    }
  }

  #prepare(text: string): Prepared<[object], unknown> {
    const known = this.#prepared.get(text);
    if (known) return known;
    // The connection may be the caller's own, set to answer with BigInt.
    const prepared = this.#database.prepare<[object]>(planOnce(text)).safeIntegers(false);
    this.#prepared.set(text, prepared);
    return prepared;
  }
}

/**
 * A plus before a parameter changes nothing but that the planner does not look at its value. This SQLite is built
 * with STAT4: it would compile every statement with a LIMIT or a join anew for each new value, which measured 29 µs
 * instead of 1.2 µs for reading one job by its id.
 */
const planOnce = (text: string): string => text.replaceAll(/@(?=\w)/g, "+@");
