/** Takes a store away with all its jobs: for stores that were made to be thrown away. */

import { Dialect } from "./dialect.ts";
import { faultOf } from "./faults.ts";
import { checkedOptions, type PostgresOptions } from "./options.ts";
import { Pool } from "./pool.ts";
import { type None, type Statement, sql } from "./statement.ts";
import { placeOf } from "./url.ts";

const dropSchema: Statement<None> = sql`DROP SCHEMA IF EXISTS jobyard CASCADE`;

const CLOSING_MS = 1_000;

/**
 * Drops the schema that the options name, with everything in it. There need not be one.
 *
 * @throws QueueError `BAD_OPTION`, `BAD_URL`, `STORE_UNAVAILABLE`
 */
export async function dropPostgresSchema(options: PostgresOptions): Promise<void> {
  const { url, schema, protocol, callTimeoutMs, ports } = checkedOptions(options);
  const dialect = new Dialect(schema, protocol);
  const pool = new Pool({ url, dialect, callTimeoutMs, ports, size: 1, connectTimeoutMs: callTimeoutMs });
  try {
    const lent = await pool.borrow();
    await lent.db.execute(dropSchema).finally(() => lent.giveBack("keep"));
  } catch (error) {
    throw faultOf(error, placeOf(url));
  } finally {
    await pool.close(ports.sleep(CLOSING_MS));
  }
}
