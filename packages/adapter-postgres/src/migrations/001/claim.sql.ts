/**
 * Claim, in one statement for the caller and without writing a job row: jobs are taken out of line (line.sql.ts), and
 * one lease row tells whose they are. The answer is told by columns: one list for each property of the jobs.
 *
 * What a claim of one job costs is the number of steps in here, not the work that they do: the server begins each
 * statement, and each expression, anew in each transaction.
 */

import { type None, type Statement, sql } from "../../statement.ts";

export const claimFunctions: Statement<None> = sql`
  -- Claims share it, a pause has it alone: so after its answer no claim commits that did not see it.
  CREATE FUNCTION jobyard.queue_lock(queue text) RETURNS bigint LANGUAGE sql IMMUTABLE
  RETURN hashtextextended('jobyard.queue:' || queue, 0);

  -- "lanes": of the types that the caller can run. "types": these, as four texts each; see claim_jobs.
  CREATE TYPE jobyard.asked_queue AS (
    queue text, max integer, lanes integer[], types text, has_later boolean, has_held boolean
  );

  -- True if something is due that a claim could take or would cancel.
  CREATE FUNCTION jobyard.may_find(asked jobyard.asked_queue, now_at bigint) RETURNS boolean
  LANGUAGE plpgsql STABLE AS $$
  BEGIN
    -- To pass by all that an old snapshot keeps would take longer than a walk from where the last one ended.
    RETURN fronts() IS NOT NULL
        OR EXISTS (SELECT FROM ready WHERE lane = ANY (asked.lanes))
        OR (asked.has_later AND EXISTS (SELECT FROM later WHERE queue = asked.queue AND run_at <= now_at))
        OR (asked.has_held AND EXISTS (SELECT FROM held WHERE queue = asked.queue AND run_at <= now_at
                                          AND lane = ANY (asked.lanes)));
  END $$;

  -- When the next job that the caller knows becomes due; null if none is known, or one is due and was left.
  CREATE FUNCTION jobyard.next_due(of_queue text, lanes integer[], now_at bigint, OUT left_one boolean, OUT at bigint)
  LANGUAGE plpgsql STABLE AS $$
  BEGIN
    left_one := EXISTS (
      SELECT FROM unnest(lanes) AS asked(id)
       CROSS JOIN LATERAL (SELECT pk FROM ready WHERE lane = asked.id ORDER BY priority, ord LIMIT 1000) AS front
        JOIN job ON job.pk = front.pk
       WHERE job.expires_at IS NULL OR job.expires_at > now_at);
    SELECT min(head.run_at) INTO at
      FROM unnest(lanes) AS asked(id)
     CROSS JOIN LATERAL (SELECT run_at FROM later WHERE lane = asked.id ORDER BY run_at LIMIT 1) AS head;
    left_one := left_one OR coalesce(at <= now_at, false);
    at := least(at, (SELECT min(run_at) FROM held WHERE queue = of_queue AND run_at > now_at AND lane = ANY (lanes)));
  END $$;

  -- What the answer says besides the jobs, where some in these queues are not due yet or exclusive.
  CREATE FUNCTION jobyard.claim_outlook(asked jobyard.asked_queue[], now_at bigint) RETURNS text
  LANGUAGE plpgsql STABLE AS $$
  DECLARE
    next_at bigint;
    held_since json;
    one jobyard.asked_queue;
    due record;
  BEGIN
    FOREACH one IN ARRAY asked LOOP
      SELECT * INTO due FROM next_due(one.queue, one.lanes, now_at);
      IF due.left_one THEN
        next_at := NULL;
        EXIT;
      END IF;
      next_at := least(next_at, due.at);
    END LOOP;
    SELECT json_agg(json_build_object('queue', a.queue, 'since', oldest.since)) INTO held_since
      FROM unnest(asked) AS a
     CROSS JOIN LATERAL (
       SELECT held.run_at AS since FROM held JOIN job ON job.pk = held.pk
        WHERE held.queue = a.queue AND held.run_at <= now_at AND held.lane = ANY (a.lanes)
          AND (job.expires_at IS NULL OR job.expires_at > now_at)
        ORDER BY held.run_at LIMIT 1) AS oldest
     WHERE a.has_held;
    RETURN json_build_object('now', now_at, 'nextDueAt', next_at, 'held', held_since);
  END $$;

  -- Jobs as they go to their worker: seven numbers, and what only some have as JSON, or nothing.
  CREATE VIEW jobyard.told_job AS
  SELECT pk, concat_ws(',', pk, lane, priority, attempt, epoch, max_attempts, created_at) AS numbers,
         id, payload, coalesce(backoff, '') AS backoff,
         CASE WHEN coalesce(progress, tags, grp, parent, dedupe_key) IS NOT NULL
                OR coalesce(timeout_ms, expires_at, held_limit) IS NOT NULL
              THEN json_build_object('progress', progress, 'timeoutMs', timeout_ms, 'expiresAt', expires_at,
                     'tags', tags, 'group', grp, 'parent', parent, 'heldLimit', held_limit,
                     'hasKey', dedupe_key IS NOT NULL)::text END AS extra,
         coalesce(dedupe_while = 'waiting', false) AS has_key, expires_at IS NOT NULL AS has_expiry
    FROM jobyard.job;

  -- Several of them, in this order, as lists that are divided by the control character 30. "extras": null if none has any.
  CREATE FUNCTION jobyard.tell_jobs(claimed bigint[], OUT numbers text, OUT ids text, OUT payloads text,
                                    OUT backoffs text, OUT extras text, OUT has_key boolean, OUT has_expiry boolean)
  LANGUAGE plpgsql STABLE AS $$
  BEGIN
    -- For one alone the lists would cost five times as much as the job.
    IF cardinality(claimed) = 1 THEN
      SELECT told.numbers, told.id, told.payload, told.backoff, told.extra, told.has_key, told.has_expiry
        INTO numbers, ids, payloads, backoffs, extras, has_key, has_expiry FROM told_job AS told WHERE pk = claimed[1];
      RETURN;
    END IF;
    SELECT string_agg(told.numbers, ','), string_agg(told.id, E'\\x1e'), string_agg(told.payload, E'\\x1e'),
           string_agg(told.backoff, E'\\x1e'),
           CASE WHEN bool_or(told.extra IS NOT NULL) THEN string_agg(coalesce(told.extra, ''), E'\\x1e') END,
           bool_or(told.has_key), bool_or(told.has_expiry)
      INTO numbers, ids, payloads, backoffs, extras, has_key, has_expiry
      FROM (SELECT told_job.* FROM unnest(claimed) WITH ORDINALITY AS taken(pk, place) JOIN told_job USING (pk)
             ORDER BY taken.place) AS told;
  END $$;

  -- Exclusive jobs of the first of these queues that has any for a session that holds nothing.
  CREATE FUNCTION jobyard.claim_held(asked jobyard.asked_queue[], by_session text, by_token text, room integer,
                                     now_at bigint) RETURNS bigint[]
  LANGUAGE plpgsql AS $$
  DECLARE
    one jobyard.asked_queue;
    taken bigint[];
  BEGIN
    FOREACH one IN ARRAY asked LOOP
      CONTINUE WHEN NOT one.has_held;
      taken := take_held(one.queue, one.lanes, least(room, one.max), now_at);
      CONTINUE WHEN taken = '{}';
      INSERT INTO lease (session, token, queue, claimed_at, exclusive, unsettled, pks)
      VALUES (by_session, by_token, one.queue, now_at, true, cardinality(taken), taken);
      RETURN taken;
    END LOOP;
    RETURN '{}';
  END $$;

  -- Jobs that were claimed give up what they held because they waited: keys, and their place among those that expire.
  CREATE FUNCTION jobyard.end_waiting(claimed bigint[]) RETURNS void
  LANGUAGE plpgsql AS $$
  BEGIN
    DELETE FROM dedupe USING job
     WHERE job.pk = ANY (claimed) AND job.dedupe_while = 'waiting' AND dedupe.queue = job.queue
       AND dedupe.key = job.dedupe_key AND dedupe.pk = job.pk AND dedupe.until IS NULL;
    DELETE FROM expiry USING job WHERE job.pk = ANY (claimed) AND expiry.at = job.expires_at AND expiry.pk = job.pk;
  END $$;

  -- See ClaimRequest. Queues are asked in their order; "most": of each; "types": of each, as JSON, the highest version by
  -- name; "names": the queues in one order for all callers, so that none waits for another that waits for it. "look":
  -- first, or again for a claim that waits and is no sign of life. "told": number, queue, name and version of lanes,
  -- divided by the control characters 31 within and 30 between them.
  --
  -- "fronts": where the caller's last claim says that walks begin, and then where this one says so; see line.sql.ts.
  --
  -- "runs": jobs that are enqueued before, in the same commit, with the answer of enqueue_forms. A job that comes alone
  -- and finds nobody in line before it does not get into line at all.
  CREATE FUNCTION jobyard.claim_jobs(by_session text, by_token text, lease_ms bigint, room integer, with_held boolean,
                                     look text, names text[], queues text[], most integer[], types text[],
                                     INOUT fronts text, runs jobyard.order_form[] DEFAULT NULL,
                                     OUT answer text, OUT head text, OUT numbers text, OUT ids text, OUT payloads text,
                                     OUT backoffs text, OUT extras text, OUT told text)
  LANGUAGE plpgsql SET search_path = jobyard, pg_temp SET plan_cache_mode = force_generic_plan
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
  DECLARE
    asked jobyard.asked_queue[] := '{}';
    one jobyard.asked_queue;
    known jsonb;
    now_at bigint;
    deadline_at bigint;
    holds boolean;
    is_exclusive boolean;
    is_paused boolean;
    bound bigint;
    new_lane integer;
    known_lanes integer[] := '{}';
    is_expected boolean := false;
    handed bigint;
    finds boolean := look = 'first';
    waits boolean := false;
    part bigint[];
    claimed bigint[] := '{}';
    has_key boolean;
    has_expiry boolean;
  BEGIN
    IF fronts IS NOT NULL THEN PERFORM set_config('jobyard_fronts.' || current_schema(), fronts, true); END IF;
    FOR place IN 1 .. cardinality(names) LOOP
      -- The try is an expression; to wait for it is a statement, and costs as much as one.
      CONTINUE WHEN pg_try_advisory_xact_lock_shared(queue_lock(names[place]));
      PERFORM pg_advisory_xact_lock_shared(queue_lock(names[place]));
    END LOOP;
    now_at := now_ms();
    deadline_at := now_at + lease_ms;
    -- Before the lanes are looked at, so that they have it.
    IF runs IS NOT NULL THEN new_lane := lane_of(runs[1].queue, runs[1].name, runs[1].version); END IF;
    FOR place IN 1 .. cardinality(queues) LOOP
      one.queue := queues[place];
      one.max := most[place];
      SELECT known.paused_at IS NOT NULL, known.max_size, EXISTS (SELECT FROM later WHERE later.queue = one.queue),
             EXISTS (SELECT FROM held WHERE held.queue = one.queue)
        INTO is_paused, bound, one.has_later, one.has_held
        FROM (VALUES (1)) AS always LEFT JOIN queue AS known ON known.name = one.queue;
      CONTINUE WHEN is_paused;
      known := types[place];
      SELECT coalesce(array_agg(lane.id), '{}'),
             string_agg(concat_ws(E'\\x1f', lane.id, lane.queue, lane.name, lane.version), E'\\x1e')
        INTO one.lanes, one.types
        FROM lane WHERE lane.queue = one.queue AND lane.version <= (known ->> lane.name)::integer;
      asked := asked || one;
      waits := waits OR one.has_later OR one.has_held;
      finds := finds OR (runs IS NULL OR waits OR claim_jobs.fronts IS NOT NULL) AND may_find(one, now_at);
      known_lanes := known_lanes || one.lanes;
      is_expected := is_expected OR new_lane IS NOT NULL AND bound IS NULL AND one.max > 0 AND new_lane = ANY (one.lanes);
    END LOOP;
    IF finds OR runs IS NOT NULL THEN
      -- Claims of one session are judged one after the other: whether it holds anything decides what it may have.
      LOOP
        PERFORM FROM session WHERE id = by_session FOR UPDATE;
        EXIT WHEN FOUND;
        INSERT INTO session (id, deadline, alone) VALUES (by_session, deadline_at, false) ON CONFLICT (id) DO NOTHING;
        -- Of a session that was idle for long a sweep may remove the row in between.
        EXIT WHEN FOUND;
      END LOOP;
      SELECT count(*) > 0, coalesce(bool_or(exclusive), false),
             is_expected AND NOT EXISTS (SELECT FROM ready WHERE lane = ANY (known_lanes))
        INTO holds, is_exclusive, is_expected
        FROM lease WHERE session = by_session;
      IF is_expected AND NOT finds AND NOT is_exclusive AND cardinality(runs) = 1 AND strpos(runs[1].ids, E'\\x1e') = 0
         AND runs[1].delay_ms = 0 AND runs[1].expires_ms IS NULL AND runs[1].dedupe_key IS NULL
      THEN
        handed := write_job(runs[1], new_lane, now_at, false);
      END IF;
      IF handed IS NOT NULL THEN
        answer := '[]';
        claimed := ARRAY[handed];
        INSERT INTO tally (queue, depth) VALUES (runs[1].queue, 1);
        INSERT INTO lease (session, token, queue, claimed_at, exclusive, unsettled, pks)
        VALUES (by_session, by_token, runs[1].queue, now_at, false, 1, claimed);
      ELSIF runs IS NOT NULL THEN
        answer := enqueue_forms(runs, true);
      END IF;
      IF handed IS NULL AND NOT is_exclusive THEN
        FOREACH one IN ARRAY asked LOOP
          IF one.has_later THEN PERFORM call_up(one.queue, now_at); END IF;
        END LOOP;
        IF waits AND with_held AND NOT holds THEN
          claimed := claim_held(asked, by_session, by_token, room, now_at);
          IF claimed <> '{}' THEN room := 0; END IF;
        END IF;
        FOREACH one IN ARRAY asked LOOP
          EXIT WHEN room <= 0;
          CONTINUE WHEN one.lanes = '{}' OR one.max <= 0;
          part := take_jobs(one.lanes, least(room, one.max), now_at);
          CONTINUE WHEN part = '{}';
          INSERT INTO lease (session, token, queue, claimed_at, exclusive, unsettled, pks)
          VALUES (by_session, by_token, one.queue, now_at, false, cardinality(part), part);
          claimed := claimed || part;
          room := room - cardinality(part);
        END LOOP;
      END IF;
      IF claimed <> '{}' THEN
        UPDATE session SET deadline = deadline_at, alone = NOT holds AND cardinality(claimed) = 1
         WHERE id = by_session;
        SELECT jobs.numbers, jobs.ids, jobs.payloads, jobs.backoffs, jobs.extras, jobs.has_key, jobs.has_expiry
          INTO numbers, ids, payloads, backoffs, extras, has_key, has_expiry FROM tell_jobs(claimed) AS jobs;
        FOREACH one IN ARRAY asked LOOP
          told := concat_ws(E'\\x1e', told, one.types);
        END LOOP;
        IF has_key OR has_expiry THEN PERFORM end_waiting(claimed); END IF;
      ELSIF holds AND look = 'first' THEN
        UPDATE session SET deadline = deadline_at WHERE id = by_session;
      END IF;
    END IF;
    fronts := fronts();
    -- Without jobs that are not due yet there is nothing else to tell, whatever is due now.
    head := CASE WHEN waits THEN claim_outlook(asked, now_at) ELSE '{"now":' || now_at || ',"nextDueAt":null}' END;
  END $$;
`;
