/** What these tests share: a query on a connection of its own, and waiting for a condition. */

import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";

/** The rows of one statement. */
export async function query(url: string, text: string): Promise<readonly Record<string, unknown>[]> {
  const client = await connected(url);
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

/** A connected client whose loss is no error of the test. */
export async function connected(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  client.on("error", () => undefined);
  await client.connect();
  return client;
}

/** Resolves when the condition holds; rejects if it does not within 15 s. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const limit = performance.now() + 15_000;
  while (!(await holds())) {
    if (performance.now() > limit) throw new Error(`waited 15 s until ${what}`);
    await sleep(10);
  }
}
