/** Counts rows over a connection of its own, beside those of the queue that is measured. */

import pg from "pg";

export interface Counter {
  /** @param sql - whose only column is called `n` */
  count(sql: string): Promise<number>;
  close(): Promise<void>;
}

export async function counterOn(url: string): Promise<Counter> {
  const client = new pg.Client(url);
  await client.connect();
  return {
    count: async (sql) => Number((await client.query<{ readonly n: string }>(sql)).rows[0]?.n),
    close: () => client.end(),
  };
}
