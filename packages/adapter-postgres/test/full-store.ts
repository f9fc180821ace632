/** A store with many jobs of every kind, written straight into its tables: it is there in seconds. */

import type pg from "pg";

export interface FullStore {
  readonly jobs: number;
  /** When the first was enqueued; after it one every {@link STEP_MS}. */
  readonly start: number;
  readonly now: number;
}

export const STEP_MS = 100;
const START = 1_767_225_600_000;

/**
 * The older half is over: completed but for one in 51 that is dead, one in 53 that is cancelled and a few that are
 * stale. Of the newer half one in 20 is scheduled and a few wait for another attempt; one in 100 of those that are due
 * was moved in line. Where the halves meet 1,000 are active. One in 1,000 is of a rare type.
 */
export async function fillStore(client: pg.Client, schema: string, jobs: number): Promise<FullStore> {
  const now = START + jobs * STEP_MS + 1;
  const script = SCRIPT.replaceAll("jobyard.", `${schema}.`)
    .replaceAll(":jobs", `${jobs}::bigint`)
    .replaceAll(":start", `${START}::bigint`)
    .replaceAll(":now", `${now}::bigint`);
  await client.query(script);
  // By itself, for it cannot run within the transaction of a script.
  await client.query(`VACUUM ANALYZE ${TABLES.map((table) => `${schema}.${table}`).join()}`);
  return { jobs, start: START, now };
}

const TABLES = [
  "job",
  "ready",
  "later",
  "attention",
  "done",
  "lease",
  "session",
  "lane",
  "lane_block",
  "tally",
  "event",
];

const SCRIPT = `
  TRUNCATE ${TABLES.map((table) => `jobyard.${table}`).join()};
  INSERT INTO jobyard.lane (id, queue, name, version) OVERRIDING SYSTEM VALUE
  VALUES (1, 'mail', 'greet', 1), (2, 'print', 'greet', 1), (3, 'mail', 'rare', 1), (4, 'print', 'render', 2);

  CREATE TEMP TABLE made AS
  SELECT pk, lane, queue, :start + pk * ${STEP_MS} AS created_at, kind,
         CASE WHEN kind IN ('scheduled', 'retrying') THEN :now + 3600000 + pk ELSE :start + pk * ${STEP_MS} END AS run_at
    FROM (SELECT pk, CASE WHEN pk % 1000 = 7 THEN 3 WHEN pk % 2 = 0 THEN 1 WHEN pk % 3 = 0 THEN 4 ELSE 2 END AS lane,
                 CASE WHEN pk % 1000 = 7 OR pk % 2 = 0 THEN 'mail' ELSE 'print' END AS queue,
                 CASE WHEN pk > :jobs / 2 + 1000 THEN
                        CASE WHEN pk % 20 = 1 THEN 'scheduled' WHEN pk % 5000 = 3 THEN 'retrying' ELSE 'due' END
                      WHEN pk > :jobs / 2 THEN 'active'
                      WHEN pk % 51 = 1 THEN 'dead' WHEN pk % 53 = 2 THEN 'cancelled' WHEN pk % 2000 = 3 THEN 'stale'
                      ELSE 'completed' END AS kind
            FROM generate_series(1, :jobs) AS number(pk)) AS numbered;

  INSERT INTO jobyard.job (pk, created_at, lane, max_attempts, ord, run_at, started_at, finished_at, priority, attempt, seq,
                           state, reason, worker, errors, queue, id, on_lease_lost, tags, payload)
  SELECT pk, created_at, lane, 3,
         CASE WHEN kind IN ('scheduled', 'retrying') THEN NULL WHEN kind = 'due' AND pk % 100 = 4 THEN pk + :jobs ELSE pk END,
         run_at, CASE WHEN kind IN ('completed', 'dead', 'retrying') THEN created_at + 500 END,
         CASE WHEN kind IN ('completed', 'dead', 'cancelled') THEN created_at + 1000 END,
         pk % 3, CASE WHEN kind IN ('completed', 'dead', 'retrying') THEN 1 ELSE 0 END,
         CASE WHEN kind IN ('scheduled', 'due', 'active') THEN 1 ELSE 3 END,
         CASE WHEN kind IN ('scheduled', 'retrying', 'due', 'active') THEN 'waiting' ELSE kind END,
         CASE WHEN kind = 'cancelled' THEN 'user' END,
         CASE WHEN kind IN ('completed', 'dead', 'retrying') THEN 'worker-' || pk % 7 END,
         CASE WHEN kind IN ('dead', 'retrying') THEN json_build_array(json_build_object(
           'at', created_at + 1000, 'attempt', 1, 'code', 'HANDLER_ERROR',
           'message', 'connect ECONNREFUSED 10.0.0.' || pk % 250,
           'stack', 'Error: connect ECONNREFUSED' || repeat(E'\\n    at somewhere (file.js:1:1)', 10)))::text END,
         queue, 'job-' || pk, 'retry', CASE WHEN pk % 10 = 0 THEN '["red","import-' || pk % 1000 || '"]' END,
         '{"customer":{"id":' || pk || ',"city":"Berlin"},"amount":' || pk % 500 || '}'
    FROM made ORDER BY made.pk;

  INSERT INTO jobyard.ready (lane, priority, ord, pk)
  SELECT lane, pk % 3, CASE WHEN pk % 100 = 4 THEN pk + :jobs ELSE pk END, pk FROM made WHERE kind = 'due' ORDER BY made.pk;
  INSERT INTO jobyard.later (queue, run_at, pk, lane, priority, tried)
  SELECT queue, run_at, pk, lane, pk % 3, kind = 'retrying' FROM made WHERE kind IN ('scheduled', 'retrying');
  INSERT INTO jobyard.attention (pk, state, queue, at, finished_at)
  SELECT pk, kind, queue, created_at + 1000, CASE WHEN kind <> 'stale' THEN created_at + 1000 END
    FROM made WHERE kind IN ('dead', 'cancelled', 'stale');
  INSERT INTO jobyard.done (queue, finished_at, pk, pks)
  SELECT queue, max(created_at) + 1000, min(pk), array_agg(pk ORDER BY pk)
    FROM made WHERE kind = 'completed' GROUP BY queue, pk / 100;
  INSERT INTO jobyard.session (id, deadline, alone)
  SELECT 'session-' || n, :now + 60000, false FROM generate_series(0, 9) AS number(n);
  INSERT INTO jobyard.lease (session, token, queue, claimed_at, exclusive, unsettled, pks)
  SELECT 'session-' || pk % 10, 'token-' || pk % 10, queue, :now - 1000, false, count(*), array_agg(pk ORDER BY pk)
    FROM made WHERE kind = 'active' GROUP BY pk % 10, queue;
  INSERT INTO jobyard.lane_block (lane, block, period)
  SELECT DISTINCT lane, jobyard.block_of(pk), jobyard.period_of(created_at) FROM made;
  INSERT INTO jobyard.tally (queue, depth, completed, dead, cancelled)
  SELECT queue, count(*) FILTER (WHERE kind IN ('scheduled', 'retrying', 'due', 'active')),
         count(*) FILTER (WHERE kind = 'completed'), count(*) FILTER (WHERE kind = 'dead'),
         count(*) FILTER (WHERE kind = 'cancelled') FROM made GROUP BY queue;
  DROP TABLE made;
  SELECT setval('jobyard.number', 2 * :jobs + 1);
  CREATE OR REPLACE FUNCTION jobyard.now_ms() RETURNS bigint LANGUAGE sql VOLATILE RETURN :now;
`;
