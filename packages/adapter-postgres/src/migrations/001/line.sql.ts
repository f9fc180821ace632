/**
 * Jobs in line and how they leave it for a claim: due jobs are called up, and the heads of the lanes that the caller
 * knows are merged. Every look walks an index from its front and stops. What another claim is about to take is skipped.
 */

import { type None, type Statement, sql } from "../../statement.ts";

export const lineFunctions: Statement<None> = sql`
  -- Jobs whose time has come get their order numbers, the earliest first; a million at once in portions.
  CREATE FUNCTION jobyard.call_up(of_queue text, now_at bigint) RETURNS integer
  LANGUAGE plpgsql AS $$
  DECLARE
    portion CONSTANT integer := 2000;
    called integer;
  BEGIN
    WITH due AS (
      DELETE FROM later WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM later WHERE queue = of_queue AND run_at <= now_at
         ORDER BY run_at, pk LIMIT portion FOR UPDATE SKIP LOCKED))
      RETURNING pk, lane, priority, run_at
    ), numbered AS (
      SELECT pk, lane, priority, nextval('number') AS ord FROM (SELECT * FROM due ORDER BY run_at, pk) AS sorted
    ), into_ready AS (
      INSERT INTO ready (lane, priority, ord, pk) SELECT lane, priority, ord, pk FROM numbered
    ), into_job AS (
      UPDATE job SET ord = numbered.ord FROM numbered WHERE job.pk = numbered.pk
    )
    SELECT count(*) INTO called FROM numbered;
    RETURN called;
  END $$;

  CREATE FUNCTION jobyard.seconds() RETURNS float8 LANGUAGE sql VOLATILE
  RETURN extract(epoch FROM clock_timestamp())::float8;

  -- Where walks along lanes begin in this transaction: nearly always at their fronts, and then this is null. While an
  -- old snapshot keeps vacuum from taking away what was claimed, each walk from the front passes all of it again: so
  -- one that took long is followed by walks from where it ended, for some forty times as long, or twenty times if
  -- they find little. A job that belongs before that place waits until the next walk from the front.
  CREATE FUNCTION jobyard.fronts() RETURNS jsonb LANGUAGE sql STABLE
  RETURN nullif(current_setting('jobyard_fronts.' || current_schema(), true), '')::jsonb;

  -- The place behind which a walk begins. A front is [priority, ord, when it was found, what that took, how often].
  CREATE FUNCTION jobyard.begin_of(front jsonb, OUT priority integer, OUT ord bigint, OUT is_front boolean)
  LANGUAGE plpgsql STABLE AS $$
  BEGIN
    is_front := coalesce(seconds() > (front ->> 2)::float8 + (front ->> 3)::float8 * (front ->> 4)::float8, true);
    priority := CASE WHEN is_front THEN -1 ELSE (front ->> 0)::integer END;
    ord := CASE WHEN is_front THEN -1 ELSE (front ->> 1)::bigint END;
  END $$;

  -- After a walk that took so many seconds. "ends": by lane, priority and ord of the last that was taken.
  CREATE FUNCTION jobyard.remember_fronts(known jsonb, ends jsonb, took float8, found_all boolean) RETURNS void
  LANGUAGE plpgsql AS $$
  DECLARE
    long CONSTANT float8 := 0.01;
    of_lane text;
    last jsonb;
    front jsonb;
    times CONSTANT integer := CASE WHEN found_all THEN 40 ELSE 20 END;
  BEGIN
    FOR of_lane, last IN SELECT * FROM jsonb_each(ends) LOOP
      front := known -> of_lane;
      IF (begin_of(front)).is_front THEN
        known := known - of_lane;
        IF took > long THEN
          known := known || jsonb_build_object(of_lane, last || jsonb_build_array(seconds(), took, times));
        END IF;
      ELSE
        known := jsonb_set(known, ARRAY[of_lane], last || jsonb_build_array(front -> 2, front -> 3, times));
      END IF;
    END LOOP;
    IF NOT found_all THEN
      known := (SELECT coalesce(jsonb_object_agg(key, jsonb_set(value, '{4}', to_jsonb(times))), '{}')
                  FROM jsonb_each(known));
    END IF;
    PERFORM set_config('jobyard_fronts.' || current_schema(), CASE WHEN known = '{}' THEN '' ELSE known::text END, true);
  END $$;

  -- The next in these lanes, taken out of line: lowest priority number first, then lowest order number. Walks begin
  -- where these fronts say.
  CREATE FUNCTION jobyard.merge_heads(lanes integer[], room integer, known jsonb, OUT pks bigint[], OUT ends jsonb)
  LANGUAGE plpgsql AS $$
  DECLARE
    shares integer[] := ARRAY[room];
    after_priority integer[];
    after_ord bigint[];
  BEGIN
    SELECT array_agg(start.priority ORDER BY place), array_agg(start.ord ORDER BY place)
      INTO after_priority, after_ord
      FROM unnest(lanes) WITH ORDINALITY AS asked(lane, place)
     CROSS JOIN LATERAL begin_of(known -> asked.lane::text) AS start;
    IF cardinality(lanes) > 1 THEN
      -- First how many each lane will give, so that no more is locked than is taken.
      SELECT array_agg(coalesce(n, 0) ORDER BY place) INTO shares
        FROM unnest(lanes) WITH ORDINALITY AS asked(lane, place)
        LEFT JOIN (SELECT lane, count(*)::integer AS n
                     FROM (SELECT head.lane
                             FROM unnest(lanes, after_priority, after_ord) AS asked(lane, priority, ord)
                            CROSS JOIN LATERAL (
                              SELECT ready.lane, ready.priority, ready.ord FROM ready
                               WHERE ready.lane = asked.lane
                                 AND (ready.priority, ready.ord) > (asked.priority, asked.ord)
                               ORDER BY ready.priority, ready.ord LIMIT room) AS head
                            ORDER BY head.priority, head.ord LIMIT room) AS heads
                    GROUP BY lane) AS counted ON counted.lane = asked.lane;
    END IF;
    WITH gone AS (
      DELETE FROM ready WHERE ctid = ANY (ARRAY(
        SELECT head.place
          FROM unnest(lanes, shares, after_priority, after_ord) AS asked(lane, share, priority, ord)
         CROSS JOIN LATERAL (
           SELECT ready.ctid AS place FROM ready
            WHERE ready.lane = asked.lane AND (ready.priority, ready.ord) > (asked.priority, asked.ord)
            ORDER BY ready.priority, ready.ord LIMIT asked.share FOR UPDATE SKIP LOCKED) AS head))
      RETURNING lane, priority, ord, pk
    )
    SELECT array_agg(pk ORDER BY priority, ord),
           (SELECT jsonb_object_agg(lane, last)
              FROM (SELECT DISTINCT ON (lane) lane, jsonb_build_array(priority, ord) AS last FROM gone
                     ORDER BY lane, priority DESC, ord DESC) AS last_of)
      INTO pks, ends FROM gone;
  END $$;

  -- The same, from wherever this transaction begins.
  CREATE FUNCTION jobyard.take_heads(lanes integer[], room integer) RETURNS bigint[]
  LANGUAGE plpgsql AS $$
  DECLARE
    known jsonb := fronts();
    began float8 := seconds();
    took float8;
    pks bigint[];
    ends jsonb;
  BEGIN
    IF known IS NULL AND cardinality(lanes) = 1 THEN
      WITH gone AS (
        DELETE FROM ready WHERE ctid = ANY (ARRAY(
          SELECT ctid FROM ready WHERE lane = lanes[1] ORDER BY priority, ord LIMIT room FOR UPDATE SKIP LOCKED))
        RETURNING pk, priority, ord
      )
      SELECT array_agg(pk ORDER BY priority, ord) INTO pks FROM gone;
    ELSE
      SELECT merged.pks, merged.ends INTO pks, ends FROM merge_heads(lanes, room, known) AS merged;
    END IF;
    took := seconds() - began;
    -- More than 10 ms, and dead rows may be the cause.
    IF known IS NOT NULL OR (took > 0.01 AND pg_stat_get_dead_tuples('ready'::regclass) > 50000) THEN
      IF ends IS NULL AND pks IS NOT NULL THEN
        SELECT jsonb_build_object(lane, jsonb_build_array(priority, ord)) INTO ends
          FROM job WHERE pk = pks[cardinality(pks)];
      END IF;
      PERFORM remember_fronts(coalesce(known, '{}'), coalesce(ends, '{}'), took, coalesce(cardinality(pks), 0) >= room);
    END IF;
    RETURN coalesce(pks, '{}');
  END $$;

  -- An overdue job is never handed out. Those that stay, in their order; their places in line are gone already.
  CREATE FUNCTION jobyard.cancel_overdue(pks bigint[], now_at bigint) RETURNS bigint[]
  LANGUAGE plpgsql AS $$
  DECLARE
    overdue jobyard.job;
    gone bigint[] := '{}';
  BEGIN
    FOR overdue IN
      SELECT job.* FROM unnest(pks) AS taken(pk) JOIN job ON job.pk = taken.pk
       WHERE job.expires_at <= now_at ORDER BY job.pk FOR UPDATE OF job
    LOOP
      PERFORM cancel_waiting(overdue, 'expired', 'expire', now_at);
      IF overdue.dedupe_key IS NOT NULL AND overdue.dedupe_while <> 'for' THEN
        DELETE FROM dedupe WHERE queue = overdue.queue AND key = overdue.dedupe_key AND pk = overdue.pk
           AND until IS NULL;
      END IF;
      gone := gone || overdue.pk;
    END LOOP;
    IF gone = '{}' THEN RETURN pks; END IF;
    RETURN ARRAY(SELECT pk FROM unnest(pks) WITH ORDINALITY AS taken(pk, place) WHERE pk <> ALL (gone) ORDER BY place);
  END $$;

  -- The jobs of the queue that are held, the longest waiting first, no more than the smallest limit among them.
  CREATE FUNCTION jobyard.take_held(of_queue text, lanes integer[], room integer, now_at bigint) RETURNS bigint[]
  LANGUAGE plpgsql AS $$
  DECLARE
    taken bigint[] := '{}';
    next jobyard.held;
    candidate jobyard.job;
  BEGIN
    FOR next IN
      SELECT * FROM held WHERE queue = of_queue AND run_at <= now_at AND lane = ANY (lanes)
       ORDER BY run_at, pk FOR UPDATE SKIP LOCKED
    LOOP
      SELECT * INTO candidate FROM job WHERE pk = next.pk;
      IF candidate.expires_at <= now_at THEN
        PERFORM cancel_overdue(ARRAY[next.pk], now_at);
        CONTINUE;
      END IF;
      room := least(room, candidate.held_limit);
      EXIT WHEN cardinality(taken) >= room;
      DELETE FROM held WHERE queue = of_queue AND run_at = next.run_at AND pk = next.pk;
      taken := taken || next.pk;
    END LOOP;
    RETURN taken;
  END $$;

  -- Up to so many jobs of one queue, out of line. Overdue ones met on the way make room for others.
  CREATE FUNCTION jobyard.take_jobs(lanes integer[], room integer, now_at bigint) RETURNS bigint[]
  LANGUAGE plpgsql AS $$
  DECLARE
    most_overdue CONSTANT integer := 2000;
    taken bigint[] := '{}';
    heads bigint[];
    seen integer := 0;
  BEGIN
    LOOP
      heads := take_heads(lanes, room - cardinality(taken));
      EXIT WHEN heads = '{}';
      seen := seen + cardinality(heads);
      IF EXISTS (SELECT FROM expiry WHERE at <= now_at) THEN heads := cancel_overdue(heads, now_at); END IF;
      taken := taken || heads;
      EXIT WHEN cardinality(taken) >= room OR seen - cardinality(taken) > most_overdue;
      -- One line that gave less than it was asked for has no more.
      EXIT WHEN cardinality(lanes) = 1 AND seen < room;
    END LOOP;
    RETURN taken;
  END $$;
`;
