/** Blocks of numbers: SQL and the adapter divide them in the same way, and every job's block is there. */

import { newJob } from "@jobyard/core/testing";
import { expect, test } from "vitest";
import { postgresAdapter } from "../src/index.ts";
import { blockOf, blockStart, NUMBERS_IN_BLOCK, periodOf } from "../src/lane-blocks.ts";
import { newSchema, openClient, openMigrated, serverUrl } from "./ground.ts";

test("SQL and the adapter divide numbers and times alike", async () => {
  const { schema } = await migrated();
  const client = await openClient();
  for (const pk of [1, NUMBERS_IN_BLOCK - 1, NUMBERS_IN_BLOCK, 12_345_678_901]) {
    const { rows } = await client.query(
      `SELECT ${schema}.block_of($1)::float8 AS block, ${schema}.block_start(${schema}.block_of($1))::float8 AS start,
              ${schema}.period_of($1)::float8 AS period`,
      [pk],
    );
    expect(rows).toEqual([{ block: blockOf(pk), start: blockStart(blockOf(pk)), period: periodOf(pk) }]);
  }
});

test("a bulk enqueue writes one row for each block of a type, and every job stands in one", async () => {
  const { schema } = await migrated();
  const adapter = postgresAdapter({ url: serverUrl(), schema });
  const jobs = 1_000;
  await adapter.writer.enqueue(Array.from({ length: jobs }, (_, index) => newJob(`a-${index}`)));
  await adapter.writer.enqueue([newJob("one")]);
  await adapter.close();
  const client = await openClient();
  const { rows } = await client.query<{ readonly blocks: number; readonly lost: number }>(`
    SELECT (SELECT count(*)::integer FROM ${schema}.lane_block) AS blocks,
           (SELECT count(*)::integer FROM ${schema}.job
             WHERE NOT EXISTS (SELECT FROM ${schema}.lane_block AS known WHERE known.lane = job.lane
                                  AND known.block = ${schema}.block_of(job.pk)
                                  AND known.period = ${schema}.period_of(job.created_at))) AS lost`);
  expect(rows[0]?.lost).toBe(0);
  expect(rows[0]?.blocks).toBeGreaterThanOrEqual(blockOf(jobs));
  // A run that crosses from one period to the next has both.
  expect(rows[0]?.blocks).toBeLessThanOrEqual(blockOf(jobs) + 3);
});

async function migrated(): Promise<{ readonly schema: string }> {
  const schema = newSchema();
  await openMigrated({ schema });
  return { schema };
}
