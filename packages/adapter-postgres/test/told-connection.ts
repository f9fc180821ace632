/**
 * A connection on which the server tells the plan of every statement, those inside of functions too, with what it
 * touched. Needs a superuser, and the library `auto_explain`, which comes with the server's contributed modules.
 */

import type pg from "pg";
import { type Connection, connectionOver } from "../src/connection.ts";
import type { Dialect } from "../src/dialect.ts";
import type { None, Statement } from "../src/statement.ts";
import { type Cost, type Explained, noCost, note } from "./explaining-connection.ts";

const TELL = `
  LOAD 'auto_explain';
  SET auto_explain.log_min_duration = 0;
  SET auto_explain.log_nested_statements = on;
  SET auto_explain.log_analyze = on;
  SET auto_explain.log_buffers = on;
  SET auto_explain.log_timing = off;
  SET auto_explain.log_format = json;
  SET client_min_messages = log;
`;

interface Told extends Pick<Explained, "Plan"> {
  readonly "Query Text": string;
}

export class ToldConnection implements Connection {
  readonly #inner: Connection;
  readonly #told: Told[] = [];
  cost: Cost = noCost();
  /** Names of those that were used. */
  readonly indexes: Set<string> = new Set();

  private constructor(client: pg.Client, dialect: Dialect) {
    this.#inner = connectionOver(client, dialect);
    client.on("notice", ({ message = "" }) => {
      const [, plan] = /^duration: [\d.]+ ms {2}plan:\n(.*)$/s.exec(message) ?? [];
      if (plan !== undefined) this.#told.push(JSON.parse(plan) as Told);
    });
  }

  /** @throws Error if the server has no `auto_explain`, or the role may not load it */
  static async over(client: pg.Client, dialect: Dialect): Promise<ToldConnection> {
    const told = new ToldConnection(client, dialect);
    await client.query(TELL).catch((cause: unknown) => {
      throw new Error("this server does not tell its plans: it needs auto_explain, of postgresql-contrib", { cause });
    });
    return told;
  }

  /** From now on. */
  reset(): void {
    this.cost = noCost();
    this.indexes.clear();
  }

  run<P extends object, R>(statement: Statement<P, R>, parameters: P): Promise<number> {
    return this.#noting(() => this.#inner.run(statement, parameters));
  }

  get<P extends object, R>(statement: Statement<P, R>, parameters: P): Promise<R | undefined> {
    return this.#noting(() => this.#inner.get(statement, parameters));
  }

  all<P extends object, R>(statement: Statement<P, R>, parameters: P): Promise<R[]> {
    return this.#noting(() => this.#inner.all(statement, parameters));
  }

  execute(statement: Statement<None>): Promise<void> {
    return this.#inner.execute(statement);
  }

  async #noting<T>(work: () => Promise<T>): Promise<T> {
    this.#told.length = 0;
    const result = await work();
    // The statement itself is told last, and what it touched has that of all others in it.
    const own = this.#told.at(-1);
    if (own === undefined) throw new Error("the server told no plan");
    this.cost.statements += 1;
    this.cost.buffers += own.Plan["Shared Hit Blocks"] + own.Plan["Shared Read Blocks"];
    for (const { Plan } of this.#told) note(Plan, this.cost, this.indexes);
    return result;
  }
}
