/**
 * One way to run statements: over a connection of ours, or over whatever runs statements inside a transaction of the
 * caller. It turns statements into queries and answers into rows; when something fails, it throws what was thrown.
 */

import type { Dialect, Query } from "./dialect.ts";
import { parsers } from "./parsers.ts";
import type { None, Statement } from "./statement.ts";

/**
 * Of a row: `bigint` is a number (safe integers only), `json` and `jsonb` are texts. In a caller's transaction this
 * holds for a pg client; another executor may parse them in its own way, so statements that run there answer with
 * `integer`, `float8` and `text`.
 */
export interface Connection {
  /** Rows that were changed, or read. */
  run<P extends object, R>(statement: Statement<P, R>, parameters: P): Promise<number>;
  get<P extends object, R>(statement: Statement<P, R>, parameters: P): Promise<R | undefined>;
  all<P extends object, R>(statement: Statement<P, R>, parameters: P): Promise<R[]>;
  /** For scripts of several statements: migrations. Not over a caller's executor. */
  execute(statement: Statement<None>): Promise<void>;
}

/** What every Postgres client can do in one way or another. */
export interface Executor {
  query(text: string, values: unknown[]): Promise<Answer>;
}

export interface Answer {
  readonly rows: readonly unknown[];
  readonly rowCount?: number | null;
}

/** How a pg client is asked so that our parsers are used, whatever its own are set to. */
interface PgClient {
  query(query: {
    readonly text: string;
    readonly name?: string;
    readonly values?: unknown[];
    readonly types: typeof parsers;
  }): Promise<Answer>;
}

/**
 * Over a pg client, of ours or of the caller.
 *
 * @param keeps - `statements`: the connection to the server is ours alone, so those that are asked often are prepared
 *   on it once
 */
export const connectionOver = (
  client: PgClient,
  dialect: Dialect,
  keeps: "statements" | "nothing" = "nothing",
): Connection =>
  new QueryConnection(dialect, ({ text, name, values }, isPrepared) => {
    // Without values pg takes the simple protocol.
    if (values.length === 0) return client.query({ text, types: parsers });
    const query = { text, values: [...values], types: parsers };
    return client.query(isPrepared && keeps === "statements" && name !== undefined ? { ...query, name } : query);
  });

/** Over anything with `query(text, values)`. */
export const connectionThrough = (executor: Executor, dialect: Dialect): Connection =>
  new QueryConnection(dialect, ({ text, values }) => executor.query(text, [...values]));

type Send = (query: Query, isPrepared: boolean) => Promise<Answer>;

class QueryConnection implements Connection {
  readonly #dialect: Dialect;
  readonly #send: Send;

  constructor(dialect: Dialect, send: Send) {
    this.#dialect = dialect;
    this.#send = send;
  }

  async run<P extends object, R>(statement: Statement<P, R>, parameters: P): Promise<number> {
    const { rowCount, rows } = await this.#query(statement, parameters);
    return rowCount ?? rows.length;
  }

  async get<P extends object, R>(statement: Statement<P, R>, parameters: P): Promise<R | undefined> {
    const { rows } = await this.#query(statement, parameters);
    return rows[0] as R | undefined;
  }

  async all<P extends object, R>(statement: Statement<P, R>, parameters: P): Promise<R[]> {
    const { rows } = await this.#query(statement, parameters);
    return rows as R[];
  }

  async execute({ text }: Statement<None>): Promise<void> {
    await this.#send({ text: this.#dialect.inSchema(text), values: [] }, false);
  }

  #query<P extends object, R>({ text, isPrepared }: Statement<P, R>, parameters: P): Promise<Answer> {
    return this.#send(this.#dialect.query(text, parameters), isPrepared === true);
  }
}
