/** What Postgres finds wrong in its own files: every table and index of ours is read, and each compared with the other. */

import type pg from "pg";

/** Empty if nothing is wrong. */
export async function problemsOf(client: pg.Client): Promise<readonly string[]> {
  await client.query("CREATE EXTENSION IF NOT EXISTS amcheck");
  return [...(await indexProblems(client)), ...(await heapProblems(client))];
}

const OURS = "namespace.nspname IN ('jobyard', 'public')";

/** An index is checked for its order, and for having every row of its table. */
async function indexProblems(client: pg.Client): Promise<readonly string[]> {
  const { rows } = await client.query<{ readonly name: string }>(
    `SELECT class.oid::regclass::text AS name
       FROM pg_index JOIN pg_class AS class ON class.oid = indexrelid
       JOIN pg_namespace AS namespace ON namespace.oid = relnamespace
       JOIN pg_am ON pg_am.oid = relam AND amname = 'btree'
      WHERE ${OURS} AND indisvalid AND class.relkind = 'i'`,
  );
  const found: string[] = [];
  for (const { name } of rows)
    await client
      .query("SELECT bt_index_check($1::regclass, true)", [name])
      .catch((error: Error) => found.push(`${name}: ${error.message}`));
  return found;
}

async function heapProblems(client: pg.Client): Promise<readonly string[]> {
  const { rows } = await client.query<{ readonly problem: string }>(
    `SELECT concat(class.oid::regclass, ', block ', found.blkno, ': ', found.msg) AS problem
       FROM pg_class AS class JOIN pg_namespace AS namespace ON namespace.oid = relnamespace
      CROSS JOIN LATERAL verify_heapam(class.oid) AS found
      WHERE ${OURS} AND class.relkind = 'r'`,
  );
  return rows.map(({ problem }) => problem);
}
