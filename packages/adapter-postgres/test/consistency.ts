/**
 * Compares all bookkeeping with the jobs themselves: whatever ran side by side, every table has to tell the same story
 * once it is over. To be called while nobody writes.
 */

import { expect } from "vitest";
import { type None, type Statement, sql } from "../src/statement.ts";
import type { Store } from "../src/store.ts";

/** Fails with one line for each thing that does not fit. */
export async function expectConsistent(store: Store): Promise<void> {
  expect(await problemsIn(store)).toEqual([]);
}

export async function problemsIn(store: Store): Promise<readonly string[]> {
  const found = await store.read(async ({ db }) => {
    const all: string[] = [];
    for (const check of CHECKS) for (const { problem } of await db.all(check, {})) all.push(problem);
    return all;
  });
  return found.sort();
}

type Check = Statement<None, { readonly problem: string }>;

const places: Check = sql`
  WITH place AS (
    SELECT pk, 'ready' AS name FROM jobyard.ready
     UNION ALL SELECT pk, 'later' FROM jobyard.later
     UNION ALL SELECT pk, 'held' FROM jobyard.held
     UNION ALL SELECT member.pk, 'lease ' || lease.token
                 FROM jobyard.lease CROSS JOIN unnest(lease.pks) AS member(pk)
                 JOIN jobyard.job ON job.pk = member.pk AND job.state = 'waiting'
  )
  SELECT concat('a waiting job stands in ', coalesce(string_agg(place.name, ', '), 'no place'), ': ', job.id) AS problem
    FROM jobyard.job LEFT JOIN place ON place.pk = job.pk
   WHERE job.state = 'waiting' GROUP BY job.pk, job.id HAVING count(place.pk) <> 1
   UNION ALL
  SELECT concat('a job that does not wait stands in ', place.name, ': ', place.pk)
    FROM place LEFT JOIN jobyard.job ON job.pk = place.pk WHERE job.state IS DISTINCT FROM 'waiting'
`;

const lines: Check = sql`
  SELECT concat('ready tells another place than its job: ', job.id) AS problem
    FROM jobyard.ready AS line JOIN jobyard.job ON job.pk = line.pk
   WHERE (line.lane, line.priority, line.ord) IS DISTINCT FROM (job.lane, job.priority, job.ord)
      OR job.held_limit IS NOT NULL
   UNION ALL
  SELECT concat('later tells another place than its job: ', job.id)
    FROM jobyard.later AS line JOIN jobyard.job ON job.pk = line.pk
   WHERE (line.queue, line.run_at, line.lane, line.priority, line.tried)
           IS DISTINCT FROM (job.queue, job.run_at, job.lane, job.priority, job.attempt > 0)
      OR job.held_limit IS NOT NULL OR job.ord IS NOT NULL
   UNION ALL
  SELECT concat('held tells another place than its job: ', job.id)
    FROM jobyard.held AS line JOIN jobyard.job ON job.pk = line.pk
   WHERE (line.queue, line.run_at, line.lane, line.tried)
           IS DISTINCT FROM (job.queue, job.run_at, job.lane, job.attempt > 0)
      OR job.held_limit IS NULL
`;

const expiries: Check = sql`
  WITH waits AS (
    SELECT pk, expires_at AS at FROM jobyard.job
     WHERE expires_at IS NOT NULL AND state = 'waiting'
       AND NOT EXISTS (SELECT FROM jobyard.lease WHERE job.pk = ANY (lease.pks))
  )
  SELECT concat('the list of times to expire is wrong about job ', coalesce(expiry.pk, waits.pk)) AS problem
    FROM jobyard.expiry FULL JOIN waits ON waits.pk = expiry.pk AND waits.at = expiry.at
   WHERE expiry.pk IS NULL OR waits.pk IS NULL
`;

const leases: Check = sql`
  SELECT concat('lease ', token, ' counts ', unsettled, ' unsettled jobs of ', count(job.pk)) AS problem
    FROM jobyard.lease CROSS JOIN unnest(pks) AS member(pk)
    LEFT JOIN jobyard.job ON job.pk = member.pk AND job.state = 'waiting' AND job.queue = lease.queue
   GROUP BY session, token, lease.queue HAVING count(job.pk) <> unsettled
   UNION ALL
  SELECT concat('lease ', token, ' lists a job that is ', job.state, ': ', job.id)
    FROM jobyard.lease CROSS JOIN unnest(pks) AS member(pk) JOIN jobyard.job ON job.pk = member.pk
   WHERE job.state NOT IN ('waiting', 'completed')
   UNION ALL
  SELECT concat('lease ', token, ' has no session')
    FROM jobyard.lease WHERE NOT EXISTS (SELECT FROM jobyard.session WHERE session.id = lease.session)
`;

const attention: Check = sql`
  SELECT concat('attention is wrong about job ', coalesce(attention.pk, job.pk)) AS problem
    FROM jobyard.attention
    FULL JOIN (SELECT * FROM jobyard.job WHERE state IN ('stale', 'dead', 'cancelled')) AS job ON job.pk = attention.pk
   WHERE (attention.pk, attention.state, attention.queue, attention.finished_at)
           IS DISTINCT FROM (job.pk, job.state, job.queue, job.finished_at)
`;

const completions: Check = sql`
  SELECT concat('the order of completions does not have job ', job.id) AS problem
    FROM jobyard.job
   WHERE state = 'completed' AND NOT EXISTS (
     SELECT FROM jobyard.done
      WHERE done.queue = job.queue AND done.finished_at = job.finished_at AND job.pk = ANY (done.pks))
`;

const counts: Check = sql`
  WITH told AS (
    SELECT queue, sum(depth) AS depth, sum(completed) AS completed, sum(completed_bytes) AS completed_bytes,
           sum(dead) AS dead, sum(dead_bytes) AS dead_bytes, sum(cancelled) AS cancelled,
           sum(cancelled_bytes) AS cancelled_bytes
      FROM jobyard.tally GROUP BY queue
  ), sized AS (
    SELECT queue, state,
           octet_length(payload) + coalesce(octet_length(result), 0) + coalesce(octet_length(errors), 0) AS bytes
      FROM jobyard.job
  ), counted AS (
    SELECT queue, count(*) FILTER (WHERE state IN ('waiting', 'blocked')) AS depth,
           count(*) FILTER (WHERE state = 'completed') AS completed,
           coalesce(sum(bytes) FILTER (WHERE state = 'completed'), 0) AS completed_bytes,
           count(*) FILTER (WHERE state = 'dead') AS dead,
           coalesce(sum(bytes) FILTER (WHERE state = 'dead'), 0) AS dead_bytes,
           count(*) FILTER (WHERE state = 'cancelled') AS cancelled,
           coalesce(sum(bytes) FILTER (WHERE state = 'cancelled'), 0) AS cancelled_bytes
      FROM sized GROUP BY queue
  )
  SELECT concat('the tally of queue ', queue, ' says ', row_to_json(told), ' where there are ', row_to_json(counted))
           AS problem
    FROM told FULL JOIN counted USING (queue)
   WHERE (coalesce(told.depth, 0), coalesce(told.completed, 0), coalesce(told.completed_bytes, 0),
          coalesce(told.dead, 0), coalesce(told.dead_bytes, 0), coalesce(told.cancelled, 0),
          coalesce(told.cancelled_bytes, 0))
      <> (coalesce(counted.depth, 0), coalesce(counted.completed, 0), coalesce(counted.completed_bytes, 0),
          coalesce(counted.dead, 0), coalesce(counted.dead_bytes, 0), coalesce(counted.cancelled, 0),
          coalesce(counted.cancelled_bytes, 0))
`;

/**
 * Without a row: the first always, and claim and completion of a job that nobody moved since. What an enqueue or a claim
 * does is dated when that began, which may be before it waited for somebody: a claim, and events without data.
 */
const events: Check = sql`
  SELECT concat('job ', job.id, ' has no event ', number, ' of ', job.seq) AS problem
    FROM jobyard.job CROSS JOIN generate_series(2, job.seq) AS number
   WHERE NOT EXISTS (SELECT FROM jobyard.event WHERE event.pk = job.pk AND event.seq = number)
     AND NOT (job.state = 'completed' AND number >= job.seq - 1)
   UNION ALL
  SELECT concat('an event without its job, or beyond its last: ', event.pk, '.', event.seq, ' ', event.kind)
    FROM jobyard.event
    LEFT JOIN jobyard.job ON job.pk = event.pk
    LEFT JOIN jobyard.trash ON trash.pk = event.pk
   WHERE event.seq > coalesce(job.seq, (trash.job::json ->> 'seq')::integer, 0) OR event.seq < 2
   UNION ALL
  SELECT concat('events of job ', pk, ' go back in time at ', seq, ' ', kind) FROM
    (SELECT pk, seq, kind, data, at, lag(at) OVER (PARTITION BY pk ORDER BY seq) AS before FROM jobyard.event) AS told
   WHERE at < before AND data IS NOT NULL AND kind <> 'claim'
`;

const keys: Check = sql`
  WITH holding AS (
    SELECT job.pk, job.queue, job.dedupe_key AS key FROM jobyard.job
     WHERE (dedupe_while = 'open' AND state IN ('waiting', 'blocked', 'stale'))
        OR (dedupe_while = 'waiting' AND state = 'waiting'
            AND NOT EXISTS (SELECT FROM jobyard.lease WHERE job.pk = ANY (lease.pks)))
  )
  SELECT concat('key ', coalesce(dedupe.key, holding.key), ' is held by ', coalesce(dedupe.pk::text, 'nobody'),
                ' instead of ', coalesce(holding.pk::text, 'nobody')) AS problem
    FROM (SELECT * FROM jobyard.dedupe WHERE until IS NULL) AS dedupe
    FULL JOIN holding ON holding.queue = dedupe.queue AND holding.key = dedupe.key AND holding.pk = dedupe.pk
   WHERE dedupe.pk IS NULL OR holding.pk IS NULL
`;

const blocks: Check = sql`
  SELECT concat('no block leads to job ', id) AS problem FROM jobyard.job
   WHERE NOT EXISTS (SELECT FROM jobyard.lane_block WHERE lane_block.lane = job.lane AND block = job.pk / 1024)
`;

const trash: Check = sql`
  SELECT concat('job ', trash.id, ' is in the trash and is there') AS problem
    FROM jobyard.trash JOIN jobyard.job ON job.pk = trash.pk
`;

const CHECKS: readonly Check[] = [
  places,
  lines,
  expiries,
  leases,
  attention,
  completions,
  counts,
  events,
  keys,
  blocks,
  trash,
];
