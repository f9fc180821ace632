/**
 * Sweeping: what time has ended. Nothing here waits for anybody: a row that somebody else has locked is left to the
 * next sweep.
 */

import { type None, type Statement, sql } from "../../statement.ts";

export const sweepFunctions: Statement<None> = sql`
  -- Waiting jobs whose time to start is over, with their places in line locked, at most so many. Where a job stands is
  -- told by its row; one that moved meanwhile is left.
  CREATE FUNCTION jobyard.lock_overdue(now_at bigint, most integer) RETURNS bigint[]
  LANGUAGE plpgsql AS $$
  DECLARE
    due_ready bigint[];
    due_later bigint[];
    due_held bigint[];
    pks bigint[] := ARRAY(SELECT pk FROM expiry WHERE at <= now_at ORDER BY at, pk LIMIT most);
  BEGIN
    IF pks = '{}' THEN RETURN pks; END IF;
    due_ready := ARRAY(
      SELECT ready.pk FROM job JOIN ready USING (lane, priority, ord)
       WHERE job.pk = ANY (pks) AND job.held_limit IS NULL AND ready.pk = job.pk FOR UPDATE OF ready SKIP LOCKED);
    due_later := ARRAY(
      SELECT later.pk FROM job JOIN later USING (queue, run_at, pk)
       WHERE job.pk = ANY (pks) AND job.held_limit IS NULL AND job.ord IS NULL FOR UPDATE OF later SKIP LOCKED);
    due_held := ARRAY(
      SELECT held.pk FROM job JOIN held USING (queue, run_at, pk)
       WHERE job.pk = ANY (pks) AND job.held_limit IS NOT NULL FOR UPDATE OF held SKIP LOCKED);
    RETURN due_ready || due_later || due_held;
  END $$;

  -- Jobs that were not started in time. Their queues are told for those who watch.
  CREATE FUNCTION jobyard.expire_jobs(now_at bigint, most integer, OUT expired integer, OUT queues text[])
  LANGUAGE plpgsql AS $$
  DECLARE
    locked CONSTANT bigint[] := lock_overdue(now_at, most);
    others bigint[];
  BEGIN
    others := CASE WHEN locked = '{}' THEN '{}' ELSE cancel_overdue(locked, now_at) END;
    expired := cardinality(locked) - cardinality(others);
    queues := ARRAY(SELECT DISTINCT queue FROM job WHERE pk = ANY (locked) AND pk <> ALL (others));
  END $$;

  -- What can go without a job being changed, at most so many rows of each kind. True if there may be more.
  CREATE FUNCTION jobyard.drop_rubbish(now_at bigint, trash_ms bigint, room integer) RETURNS boolean
  LANGUAGE plpgsql AS $$
  DECLARE
    jobs bigint[];
    keys integer;
    records integer;
  BEGIN
    WITH gone AS (
      DELETE FROM trash WHERE pk = ANY (ARRAY(
        SELECT pk FROM trash WHERE removed_at < now_at - trash_ms
         ORDER BY removed_at LIMIT room FOR UPDATE SKIP LOCKED))
      RETURNING pk
    )
    SELECT array_agg(pk) INTO jobs FROM gone;
    IF jobs IS NOT NULL THEN DELETE FROM event WHERE pk = ANY (jobs); END IF;
    DELETE FROM dedupe WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM dedupe WHERE until <= now_at ORDER BY until LIMIT room FOR UPDATE SKIP LOCKED));
    GET DIAGNOSTICS keys = ROW_COUNT;
    DELETE FROM record WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM record WHERE expires_at <= now_at ORDER BY expires_at LIMIT room FOR UPDATE SKIP LOCKED));
    GET DIAGNOSTICS records = ROW_COUNT;
    RETURN room > 0 AND room IN (coalesce(cardinality(jobs), 0), keys, records);
  END $$;

  -- Sessions that hold nothing, long after their end. A claim that would bring one back to life moves its deadline.
  CREATE FUNCTION jobyard.drop_sessions(before bigint, most integer) RETURNS void
  LANGUAGE plpgsql AS $$
  BEGIN
    DELETE FROM session WHERE id = ANY (ARRAY(
      SELECT id FROM session
       WHERE deadline < before AND NOT EXISTS (SELECT FROM lease WHERE lease.session = session.id)
       LIMIT most FOR UPDATE SKIP LOCKED));
  END $$;

  -- What tells where the jobs of a lane are, before the oldest job of all. Only what is older than any transaction:
  -- one that is under way may rely on a row that is there. A job in the trash may come back.
  CREATE FUNCTION jobyard.drop_blocks(before bigint, most integer) RETURNS void
  LANGUAGE plpgsql AS $$
  DECLARE
    oldest CONSTANT bigint := block_of(least((SELECT min(pk) FROM job), (SELECT min(pk) FROM trash)));
  BEGIN
    DELETE FROM lane_block WHERE ctid = ANY (ARRAY(
      SELECT old.place
        FROM lane CROSS JOIN LATERAL (SELECT ctid AS place FROM lane_block
                                       WHERE lane_block.lane = lane.id AND (oldest IS NULL OR block < oldest)
                                         AND period < period_of(before)
                                       ORDER BY block LIMIT most FOR UPDATE SKIP LOCKED) AS old
       LIMIT most));
  END $$;

  -- Adds up what steps have counted: one row for each queue is left, and none where all is zero.
  CREATE FUNCTION jobyard.fold_tallies(most integer) RETURNS void
  LANGUAGE plpgsql AS $$
  BEGIN
    WITH folded AS (
      DELETE FROM tally WHERE ctid = ANY (ARRAY(
        SELECT tally.ctid FROM tally
          JOIN (SELECT queue FROM tally GROUP BY queue HAVING count(*) > 1) AS several USING (queue)
         LIMIT most FOR UPDATE OF tally SKIP LOCKED))
      RETURNING *
    )
    INSERT INTO tally (queue, depth, completed, completed_bytes, dead, dead_bytes, cancelled, cancelled_bytes)
    SELECT queue, sum(depth), sum(completed), sum(completed_bytes), sum(dead), sum(dead_bytes), sum(cancelled),
           sum(cancelled_bytes)
      FROM folded GROUP BY queue
    HAVING (sum(depth), sum(completed), sum(completed_bytes), sum(dead), sum(dead_bytes), sum(cancelled),
            sum(cancelled_bytes)) <> (0, 0, 0, 0, 0, 0, 0);
  END $$;

  -- All of it. First the jobs; what is left of "most" is room for the rest.
  CREATE FUNCTION jobyard.sweep(
    trash_ms bigint, session_ms bigint, tallies integer, most integer,
    OUT expired integer, OUT more boolean, OUT queues text[]
  ) LANGUAGE plpgsql SET search_path = jobyard, pg_temp SET plan_cache_mode = force_generic_plan
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
  DECLARE
    now_at CONSTANT bigint := now_ms();
    swept record;
  BEGIN
    SELECT * INTO swept FROM expire_jobs(now_at, most);
    expired := swept.expired;
    queues := swept.queues;
    more := expired > 0 AND EXISTS (SELECT FROM expiry WHERE at <= now_at);
    IF NOT more THEN more := drop_rubbish(now_at, trash_ms, most - expired); END IF;
    PERFORM drop_sessions(now_at - session_ms, most);
    -- An hour more than a job may stay in the trash.
    PERFORM drop_blocks(now_at - trash_ms - 3600000, most);
    PERFORM fold_tallies(tallies);
  END $$;
`;
