/** Where verbs meet: an adapter on a schema of its own, and a gate that holds things back until all have come to it. */

import type pg from "pg";
import { onTestFinished } from "vitest";
import { type PostgresOptions, postgresAdapter } from "../src/index.ts";
import type { Store } from "../src/store.ts";
import { newSchema, openClient, openMigrated, serverUrl, until } from "./ground.ts";
import { Hands } from "./hands.ts";

export interface Stage {
  readonly store: Store;
  readonly hands: Hands;
  readonly gate: Gate;
  /** Holds everybody back who wants to change this job, until all of them wait; then lets them go. */
  together<A, B>(id: string, one: () => Promise<A>, other: () => Promise<B>): Promise<readonly [A, B]>;
}

/** Closed and removed with the test. */
export async function openStage(options: Pick<PostgresOptions, "callTimeoutMs"> = {}): Promise<Stage> {
  const schema = newSchema();
  const store = await openMigrated({ schema });
  const adapter = postgresAdapter({ url: serverUrl(), schema, ...options });
  onTestFinished(() => adapter.close());
  const gate = new Gate(schema, await openClient(), await openClient());
  return {
    store,
    hands: new Hands(adapter),
    gate,
    async together(id, one, other) {
      await gate.hold("SELECT FROM jobyard.job WHERE id = $1 FOR UPDATE", id);
      const running = Promise.all([one(), other()]);
      await gate.stopped(2);
      await gate.release();
      return running;
    },
  };
}

/** A transaction that has something in hand. */
export class Gate {
  readonly schema: string;
  readonly #client: pg.Client;
  /** In no transaction: in one, the list of who is there would stay as it was when first read. */
  readonly #watcher: pg.Client;

  constructor(schema: string, client: pg.Client, watcher: pg.Client) {
    this.schema = schema;
    this.#client = client;
    this.#watcher = watcher;
  }

  /** Takes what this statement locks, or writes. It is written for a schema named `jobyard`. */
  async hold(text: string, ...values: readonly unknown[]): Promise<void> {
    await this.#client.query("BEGIN");
    await this.#client.query(this.#inSchema(text), [...values]);
  }

  /** What it wrote is undone. */
  async release(): Promise<void> {
    await this.#client.query("ROLLBACK");
  }

  /** Resolves when so many wait for the gate, or for somebody who does. */
  async stopped(count: number): Promise<void> {
    await until(`${count} wait`, async () => (await this.waiting()) >= count, 5_000);
  }

  async waiting(): Promise<number> {
    const { rows } = await this.#watcher.query<{ readonly n: number }>(
      `WITH RECURSIVE behind AS (
         SELECT $1::integer AS pid
          UNION
         SELECT other.pid FROM pg_stat_activity AS other JOIN behind ON behind.pid = ANY (pg_blocking_pids(other.pid))
       )
       SELECT count(*)::integer - 1 AS n FROM behind`,
      [await pidOf(this.#client)],
    );
    return rows[0]?.n ?? 0;
  }

  /** Somebody else's statement, in a transaction of its own. */
  async beside<Row extends pg.QueryResultRow>(text: string, ...values: readonly unknown[]): Promise<Row[]> {
    return (await this.#watcher.query<Row>(this.#inSchema(text), [...values])).rows;
  }

  #inSchema(text: string): string {
    return text.replaceAll("jobyard.", `${this.schema}.`);
  }
}

async function pidOf(client: pg.Client): Promise<number | undefined> {
  return (await client.query<{ readonly pid: number }>("SELECT pg_backend_pid() AS pid")).rows[0]?.pid;
}
