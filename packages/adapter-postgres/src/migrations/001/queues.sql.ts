/**
 * How queues stand, from the lines, the leases and the counters: no job is looked at. As functions, so that each
 * connection plans them once: planning takes several times as long as they do.
 */

import { type None, type Statement, sql } from "../../statement.ts";

export const queueFunctions: Statement<None> = sql`
  CREATE TYPE jobyard.queue_totals AS (
    queue text, depth bigint, completed bigint, due bigint, ahead bigint, retrying bigint, active bigint, stale bigint,
    dead bigint, cancelled bigint
  );

  -- "most" bounds what is counted one by one.
  CREATE FUNCTION jobyard.totals_of_queues(queues text[], now_at bigint, most bigint)
  RETURNS SETOF jobyard.queue_totals LANGUAGE plpgsql STABLE
  SET search_path = jobyard, pg_temp SET plan_cache_mode = force_generic_plan SET jit = off AS $$
  BEGIN
    RETURN QUERY
    SELECT asked.queue, coalesce(sums.depth, 0)::bigint, coalesce(sums.completed, 0)::bigint, ready.n + due.n, ahead.n,
           retrying.n, coalesce(leased.n, 0)::bigint, stale.n, dead.n, cancelled.n
      FROM unnest(queues) AS asked(queue)
      LEFT JOIN (SELECT tally.queue, sum(tally.depth) AS depth, sum(tally.completed) AS completed FROM tally
                  WHERE tally.queue = ANY (queues) GROUP BY tally.queue) AS sums ON sums.queue = asked.queue
      LEFT JOIN (SELECT lease.queue, sum(unsettled) AS n FROM lease GROUP BY lease.queue) AS leased
        ON leased.queue = asked.queue
     CROSS JOIN LATERAL (SELECT count(*) AS n FROM (
       SELECT FROM lane CROSS JOIN LATERAL
         (SELECT FROM ready WHERE ready.lane = lane.id ORDER BY priority, ord LIMIT most) AS own
        WHERE lane.queue = asked.queue LIMIT most) AS part) AS ready
     CROSS JOIN LATERAL (SELECT count(*) AS n FROM (
       (SELECT FROM later WHERE later.queue = asked.queue AND run_at <= now_at ORDER BY run_at LIMIT most)
       UNION ALL
       SELECT FROM held WHERE held.queue = asked.queue AND run_at <= now_at) AS part) AS due
     CROSS JOIN LATERAL (SELECT count(*) AS n FROM (
       (SELECT FROM later WHERE later.queue = asked.queue AND run_at > now_at ORDER BY run_at LIMIT most)
       UNION ALL
       SELECT FROM held WHERE held.queue = asked.queue AND run_at > now_at) AS part) AS ahead
     CROSS JOIN LATERAL (SELECT count(*) AS n FROM (
       (SELECT FROM later WHERE later.queue = asked.queue AND tried AND run_at > now_at ORDER BY run_at LIMIT most)
       UNION ALL
       SELECT FROM held WHERE held.queue = asked.queue AND tried AND run_at > now_at) AS part) AS retrying
     CROSS JOIN LATERAL (SELECT count(*) AS n FROM (
       SELECT FROM attention WHERE attention.queue = asked.queue AND state = 'stale'
        ORDER BY at, pk LIMIT most) AS part) AS stale
     CROSS JOIN LATERAL (SELECT count(*) AS n FROM (
       SELECT FROM attention WHERE attention.queue = asked.queue AND state = 'dead'
        ORDER BY at, pk LIMIT most) AS part) AS dead
     CROSS JOIN LATERAL (SELECT count(*) AS n FROM (
       SELECT FROM attention WHERE attention.queue = asked.queue AND state = 'cancelled'
        ORDER BY at, pk LIMIT most) AS part) AS cancelled;
  END $$;

  -- Of the jobs at the front of a line, "most" places of each lane, when the first was enqueued.
  CREATE FUNCTION jobyard.oldest_due(of_queue text, now_at bigint, most bigint) RETURNS bigint
  LANGUAGE plpgsql STABLE AS $$
  BEGIN
    RETURN (SELECT created_at FROM job WHERE pk = (SELECT min(due.pk) FROM (
      SELECT own.pk FROM lane CROSS JOIN LATERAL
        (SELECT pk FROM ready WHERE ready.lane = lane.id ORDER BY priority, ord LIMIT most) AS own
       WHERE lane.queue = of_queue
      UNION ALL
      (SELECT pk FROM later WHERE later.queue = of_queue AND run_at <= now_at ORDER BY run_at LIMIT most)
      UNION ALL
      SELECT pk FROM held WHERE held.queue = of_queue AND run_at <= now_at) AS due));
  END $$;

  -- Every queue that has jobs or settings, in order.
  CREATE FUNCTION jobyard.queue_names() RETURNS text[] LANGUAGE plpgsql STABLE AS $$
  BEGIN
    RETURN ARRAY(SELECT name FROM (
      SELECT name FROM queue WHERE paused_at IS NOT NULL OR configured
       UNION
      SELECT queue FROM tally GROUP BY queue
      HAVING sum(depth) > 0 OR sum(completed) > 0 OR sum(dead) > 0 OR sum(cancelled) > 0
       UNION
      SELECT queue FROM (SELECT DISTINCT queue FROM lane) AS known
       WHERE EXISTS (SELECT FROM attention WHERE attention.queue = known.queue)) AS every
     ORDER BY name COLLATE "C");
  END $$;

  CREATE TYPE jobyard.queue_infos AS (
    queue text, depth bigint, completed bigint, due bigint, ahead bigint, retrying bigint, active bigint, stale bigint,
    dead bigint, cancelled bigint, paused_at bigint, paused_by text, paused_reason text, max_size bigint,
    retention text, oldest_due_at bigint
  );

  -- Queues as people see them, in the order that is asked for. "queues" null: all; "at_ms" null: now.
  CREATE FUNCTION jobyard.infos_of_queues(queues text[], at_ms bigint, cap bigint)
  RETURNS SETOF jobyard.queue_infos LANGUAGE plpgsql STABLE
  SET search_path = jobyard, pg_temp SET plan_cache_mode = force_generic_plan SET jit = off AS $$
  DECLARE
    names CONSTANT text[] := coalesce(queues, queue_names());
    now_at CONSTANT bigint := coalesce(at_ms, now_ms());
  BEGIN
    RETURN QUERY
    SELECT total.*, known.paused_at, known.paused_by, known.paused_reason, known.max_size, known.retention,
           CASE WHEN total.due > 0 THEN oldest_due(total.queue, now_at, cap) END
      FROM totals_of_queues(names, now_at, cap + 1) AS total
      LEFT JOIN queue AS known ON known.name = total.queue
     ORDER BY array_position(names, total.queue);
  END $$;
`;
