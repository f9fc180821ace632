/**
 * One migrated schema for many tests: it is emptied for each of them, and its clock stands still. Making the tables
 * anew would take a hundred times as long as emptying them.
 */

import type { Bench, BenchTransaction } from "@jobyard/core/testing";
import { type ProvidedPostgres, urlOf } from "@jobyard/servers/vitest";
import pg from "pg";
import { afterAll } from "vitest";
import { type PostgresOptions, postgresAdapter } from "../src/index.ts";
import { newSchema } from "./ground.ts";
import { LentAdapter } from "./lent-adapter.ts";

export interface BenchOptions extends Pick<PostgresOptions, "protocol"> {
  /** Where the adapter goes, if not to the server itself: a pooler. Called once for each bench. */
  readonly through?: () => string;
}

export interface PostgresBench extends Bench {
  readonly url: string;
  readonly schema: string;
}

/**
 * To be called where tests are described: what it makes is removed when these are over. A server that is missing is
 * told by the tests themselves.
 */
export function openBench(
  server: ProvidedPostgres,
  { through, ...options }: BenchOptions = {},
): () => Promise<PostgresBench> {
  const all: Stall[] = [];
  const free: Stall[] = [];
  afterAll(async () => {
    for (const stall of all) await stall.remove();
  });
  return async () => {
    const url = urlOf(server);
    const stall = free.pop() ?? (await Stall.make(url, { ...options, url: through?.() ?? url, schema: newSchema() }));
    if (!all.includes(stall)) all.push(stall);
    await stall.empty();
    return benchIn(stall, () => free.push(stall));
  };
}

function benchIn(stall: Stall, leave: () => void): PostgresBench {
  const { adapter, giveBack } = stall.lent.lend();
  const transactions = new Set<pg.Client>();
  return {
    url: stall.url,
    schema: stall.schema,
    adapter,
    advance: (ms) => stall.advance(ms),
    another: async () => postgresAdapter(stall.options),
    tx: { begin: () => beginTransaction(stall.options.url, transactions) },
    async close() {
      await giveBack();
      // A test that failed may have left one open, with its locks.
      for (const client of transactions) await client.end();
      leave();
    },
  };
}

async function beginTransaction(url: string, open: Set<pg.Client>): Promise<BenchTransaction> {
  const client = new pg.Client(url);
  await client.connect();
  open.add(client);
  await client.query("BEGIN");
  const end = (how: "COMMIT" | "ROLLBACK") => async (): Promise<void> => {
    await client.query(how);
    open.delete(client);
    await client.end();
  };
  return { tx: client, commit: end("COMMIT"), rollback: end("ROLLBACK") };
}

/** 2026-01-01T00:00:00Z: a fixed beginning, so that instants in failure messages can be read and repeat. */
const BEGINNING = 1_767_225_600_000;

type StallOptions = PostgresOptions & Required<Pick<PostgresOptions, "schema">>;

/** A schema that tests use one after the other, with the adapter that they use it through. */
class Stall {
  /** Of the server itself. */
  readonly url: string;
  readonly schema: string;
  /** Of its adapters. */
  readonly options: PostgresOptions;
  readonly lent: LentAdapter;
  readonly #client: pg.Client;
  readonly #wipe: string;

  private constructor(url: string, options: StallOptions, client: pg.Client, wipe: string) {
    this.url = url;
    this.schema = options.schema;
    this.options = options;
    this.lent = new LentAdapter(() => postgresAdapter(options));
    this.#client = client;
    this.#wipe = wipe;
  }

  static async make(url: string, options: StallOptions): Promise<Stall> {
    const { schema } = options;
    const adapter = postgresAdapter({ url, schema });
    await adapter.schema.migrate();
    await adapter.close();
    const client = new pg.Client(url);
    await client.connect();
    await client.query(`
      CREATE TABLE ${schema}.stopped_clock AS SELECT ${BEGINNING}::bigint AS at;
      CREATE OR REPLACE FUNCTION ${schema}.now_ms() RETURNS bigint LANGUAGE sql VOLATILE
      RETURN (SELECT at FROM ${schema}.stopped_clock);
    `);
    return new Stall(url, options, client, await wipeOf(client, schema));
  }

  async empty(): Promise<void> {
    await this.#client.query(this.#wipe);
  }

  async advance(ms: number): Promise<void> {
    await this.#client.query(`UPDATE ${this.schema}.stopped_clock SET at = at + ${ms}`);
  }

  async remove(): Promise<void> {
    await this.lent.close();
    await this.#client.query(`DROP SCHEMA ${this.schema} CASCADE`);
    await this.#client.end();
  }
}

/** Deletes row by row: of tables with a handful of rows each that is faster than TRUNCATE, which makes new files. */
async function wipeOf(client: pg.Client, schema: string): Promise<string> {
  const { rows } = await client.query<{ readonly name: string }>(
    "SELECT tablename AS name FROM pg_tables WHERE schemaname = $1 AND tablename NOT IN ('migration', 'stopped_clock')",
    [schema],
  );
  return [
    ...rows.map(({ name }) => `DELETE FROM ${schema}.${name}`),
    `SELECT setval('${schema}.number', 1, false)`,
    `UPDATE ${schema}.stopped_clock SET at = ${BEGINNING}`,
  ].join("; ");
}

const DEFAULT_RUNS = 16;

/**
 * How many random sequences to play: `JOBYARD_MODEL_RUNS`, else as many as a run of all tests has time for. Each of
 * them reads the whole store back after every step, which is a second or so over a connection.
 *
 * @param share - of those on the newest server, for the other ways to run the same
 */
export const modelRuns = (share: number): number =>
  Math.ceil(Number(process.env["JOBYARD_MODEL_RUNS"] || DEFAULT_RUNS) * share);
