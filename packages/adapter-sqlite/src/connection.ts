/** One better-sqlite3 connection with its prepared statements: each statement is compiled once per connection. */

import type { Database, Statement as Prepared } from "better-sqlite3";
import type { ListStatement, None, Statement } from "./statement.ts";

export class Connection {
  readonly #database: Database;
  readonly #prepared = new Map<string, Query>();
  readonly #lists = new Map<ListStatement<never>["textFor"], Map<number, Query>>();
  readonly #owner: "us" | "caller";

  /** @param owner - whose transaction it is that may be open */
  constructor(database: Database, owner: "us" | "caller" = "us") {
    this.#database = database;
    this.#owner = owner;
  }

  /** Rows that were changed. */
  run<P extends object>(statement: Statement<P>, parameters: P): number {
    const { prepared, names } = this.#prepare(statement.text);
    return prepared.run(inOrder(names, parameters)).changes;
  }

  /** @param values - of the list, row by row */
  insert<P extends object>(
    { textFor }: ListStatement<P>,
    parameters: P,
    values: readonly unknown[],
    rows: number,
  ): number {
    const { prepared, names } = this.#prepareList(textFor, rows);
    const all = inOrder(names, parameters);
    for (const value of values) all.push(value);
    return prepared.run(all).changes;
  }

  get<P extends object, R>(statement: Statement<P, R>, parameters: P): R | undefined {
    const { prepared, names } = this.#prepare(statement.text);
    return prepared.get(inOrder(names, parameters)) as R | undefined;
  }

  all<P extends object, R>(statement: Statement<P, R>, parameters: P): R[] {
    const { prepared, names } = this.#prepare(statement.text);
    return prepared.all(inOrder(names, parameters)) as R[];
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

  /** Within a step: false undoes what `work` wrote, and the step goes on. */
  attempt(work: () => boolean): boolean {
    this.#command("SAVEPOINT jobyard_attempt");
    const isKept = work();
    if (!isKept) this.#command("ROLLBACK TO jobyard_attempt");
    this.#command("RELEASE jobyard_attempt");
    return isKept;
  }

  /** Everything in it sees the same state of the store. */
  read<T>(work: () => T): T {
    return this.#own("BEGIN", work);
  }

  /** What a failed rollback left open goes first: a step inside of it would be answered, and never committed. */
  #own<T>(begin: "BEGIN" | "BEGIN IMMEDIATE", work: () => T): T {
    if (this.#database.inTransaction) this.#command("ROLLBACK");
    return this.#bracket(begin, "COMMIT", ["ROLLBACK"], work);
  }

  #bracket<T>(begin: string, end: string, undo: readonly string[], work: () => T): T {
    this.#command(begin);
    try {
      const result = work();
      this.#command(end);
      return result;
    } catch (error) {
      // A full disk makes SQLite roll back by itself.
      if (this.#database.inTransaction) for (const text of undo) this.#command(text);
      throw error;
    }
  }

  #command(text: string): void {
    this.#prepare(text).prepared.run([]);
  }

  /** The text of a list is long: it is made when it is compiled, not at each call. */
  #prepareList(textFor: ListStatement<never>["textFor"], rows: number): Query {
    const sizes = this.#lists.get(textFor) ?? new Map<number, Query>();
    this.#lists.set(textFor, sizes);
    const query = sizes.get(rows) ?? this.#prepare(textFor(rows));
    sizes.set(rows, query);
    return query;
  }

  #prepare(text: string): Query {
    const known = this.#prepared.get(text);
    if (known) return known;
    const names = [...text.matchAll(PARAMETER)].flatMap(([, name]) => name ?? []);
    // The connection may be the caller's own, set to answer with BigInt.
    const prepared = this.#database.prepare<[readonly unknown[]]>(planOnce(text)).safeIntegers(false);
    const query: Query = { prepared, names };
    this.#prepared.set(text, query);
    return query;
  }
}

/** A compiled statement, and what goes into its places, from left to right. */
interface Query {
  readonly prepared: Prepared<[readonly unknown[]], unknown>;
  readonly names: readonly string[];
}

const PARAMETER = /@(\w+)/g;

/** Values by their place: SQLite would look up each name at each call, which cost a tenth of an enqueue. */
function inOrder(names: readonly string[], parameters: object): unknown[] {
  const given = parameters as Readonly<Record<string, unknown>>;
  const values: unknown[] = [];
  for (const name of names) {
    const value = given[name];
    // The driver would take it for NULL.
    if (value === undefined) throw new TypeError(`a statement was given no value for ${name}`);
    values.push(value);
  }
  return values;
}

/**
 * A plus before a parameter changes nothing but that the planner does not look at its value. This SQLite is built
 * with STAT4: it would compile every statement with a LIMIT or a join anew for each new value, which measured 29 µs
 * instead of 1.2 µs for reading one job by its id.
 */
const planOnce = (text: string): string => text.replaceAll(PARAMETER, "+?");
