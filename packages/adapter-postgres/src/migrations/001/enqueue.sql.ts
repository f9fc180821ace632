/**
 * Enqueue, judged in the database: the adapter, psql, triggers and other languages all come this way.
 *
 * Jobs that differ in id and payload only are a run and are inserted together. A job with a dedupe key, or for a
 * queue with a bound, is judged by itself. Ids and payloads of a run are one text each, their items divided by the
 * control character 30, which can stand in neither.
 *
 * Order of locks as everywhere: line, job, dedupe key. A job that loses the race for its id or its key looks again.
 */

import { type None, type Statement, sql } from "../../statement.ts";

export const enqueueFunctions: Statement<None> = sql`
  -- Who enqueues into a queue that has a bound holds this lock until its transaction ends.
  CREATE FUNCTION jobyard.size_lock(queue text) RETURNS bigint LANGUAGE sql IMMUTABLE
  RETURN hashtextextended('jobyard.size:' || queue, 0);

  CREATE FUNCTION jobyard.depth_of(of_queue text) RETURNS bigint LANGUAGE sql STABLE
  BEGIN ATOMIC
    SELECT coalesce(sum(depth), 0)::bigint FROM jobyard.tally WHERE queue = of_queue;
  END;

  CREATE FUNCTION jobyard.lane_of(of_queue text, of_name text, of_version integer) RETURNS integer
  LANGUAGE plpgsql AS $$
  DECLARE
    found_id integer;
  BEGIN
    LOOP
      SELECT id INTO found_id FROM lane
       WHERE queue = of_queue AND name = of_name AND version = of_version AND grp = '';
      IF FOUND THEN RETURN found_id; END IF;
      INSERT INTO lane (queue, name, version) VALUES (of_queue, of_name, of_version)
      ON CONFLICT (queue, name, version, grp) DO NOTHING RETURNING id INTO found_id;
      IF FOUND THEN RETURN found_id; END IF;
    END LOOP;
  END $$;

  -- Two that write the same row at once both do: nobody waits, and readers take it once.
  CREATE FUNCTION jobyard.cover_blocks(of_lane integer, low bigint, high bigint, created_at bigint) RETURNS void
  LANGUAGE plpgsql AS $$
  DECLARE
    of_period CONSTANT bigint := period_of(created_at);
  BEGIN
    FOR wanted IN block_of(low) .. block_of(high) LOOP
      PERFORM FROM lane_block WHERE lane = of_lane AND block = wanted AND period = of_period;
      CONTINUE WHEN FOUND;
      INSERT INTO lane_block (lane, block, period) VALUES (of_lane, wanted, of_period);
    END LOOP;
  END $$;

  -- The state that people see: what is stored as waiting and stands in no line is in a lease.
  CREATE FUNCTION jobyard.state_of(of_job jobyard.job) RETURNS text
  LANGUAGE plpgsql STABLE AS $$
  BEGIN
    IF of_job.state <> 'waiting' THEN RETURN of_job.state; END IF;
    IF of_job.held_limit IS NOT NULL THEN
      PERFORM FROM held WHERE queue = of_job.queue AND run_at = of_job.run_at AND pk = of_job.pk;
    ELSIF of_job.ord IS NULL THEN
      PERFORM FROM later WHERE queue = of_job.queue AND run_at = of_job.run_at AND pk = of_job.pk;
    ELSE
      PERFORM FROM ready WHERE lane = of_job.lane AND priority = of_job.priority AND ord = of_job.ord;
    END IF;
    RETURN CASE WHEN FOUND THEN 'waiting' ELSE 'active' END;
  END $$;

  -- The job with its place in line locked, so that no claim takes it; null if it does not wait there any more.
  CREATE FUNCTION jobyard.lock_waiting(of_pk bigint) RETURNS jobyard.job
  LANGUAGE plpgsql AS $$
  DECLARE
    seen jobyard.job;
    locked jobyard.job;
  BEGIN
    LOOP
      SELECT * INTO seen FROM job WHERE pk = of_pk;
      IF NOT FOUND OR seen.state <> 'waiting' THEN RETURN NULL; END IF;
      IF seen.held_limit IS NOT NULL THEN
        PERFORM FROM held WHERE queue = seen.queue AND run_at = seen.run_at AND pk = of_pk FOR UPDATE;
      ELSIF seen.ord IS NULL THEN
        PERFORM FROM later WHERE queue = seen.queue AND run_at = seen.run_at AND pk = of_pk FOR UPDATE;
      ELSE
        PERFORM FROM ready WHERE lane = seen.lane AND priority = seen.priority AND ord = seen.ord FOR UPDATE;
      END IF;
      IF FOUND THEN
        SELECT * INTO locked FROM job WHERE pk = of_pk FOR UPDATE;
        IF FOUND AND locked.state = 'waiting' AND
           (locked.held_limit, locked.ord, locked.run_at, locked.priority)
             IS NOT DISTINCT FROM (seen.held_limit, seen.ord, seen.run_at, seen.priority)
        THEN RETURN locked; END IF;
      ELSE
        -- Claimed, or moved to another place meanwhile: then its row says where.
        SELECT * INTO locked FROM job WHERE pk = of_pk;
        IF NOT FOUND OR locked.state <> 'waiting' OR
           (locked.held_limit, locked.ord, locked.run_at, locked.priority)
             IS NOT DISTINCT FROM (seen.held_limit, seen.ord, seen.run_at, seen.priority)
        THEN RETURN NULL; END IF;
      END IF;
    END LOOP;
  END $$;

  CREATE FUNCTION jobyard.leave_line(gone jobyard.job) RETURNS void
  LANGUAGE plpgsql AS $$
  BEGIN
    IF gone.held_limit IS NOT NULL THEN
      DELETE FROM held WHERE queue = gone.queue AND run_at = gone.run_at AND pk = gone.pk;
    ELSIF gone.ord IS NULL THEN
      DELETE FROM later WHERE queue = gone.queue AND run_at = gone.run_at AND pk = gone.pk;
    ELSE
      DELETE FROM ready WHERE lane = gone.lane AND priority = gone.priority AND ord = gone.ord;
    END IF;
    IF gone.expires_at IS NOT NULL THEN
      DELETE FROM expiry WHERE at = gone.expires_at AND pk = gone.pk;
    END IF;
  END $$;

  -- A job in line is cancelled. Its place has to be locked, and goes. Its key stays as it is.
  CREATE FUNCTION jobyard.cancel_waiting(gone jobyard.job, why text, event_kind text, at_ms bigint) RETURNS void
  LANGUAGE plpgsql AS $$
  BEGIN
    PERFORM leave_line(gone);
    UPDATE job SET state = 'cancelled', reason = why, finished_at = at_ms, seq = gone.seq + 1 WHERE pk = gone.pk;
    INSERT INTO event (pk, seq, at, kind) VALUES (gone.pk, gone.seq + 1, at_ms, event_kind);
    INSERT INTO attention (pk, state, queue, at, finished_at) VALUES (gone.pk, 'cancelled', gone.queue, at_ms, at_ms);
    INSERT INTO tally (queue, depth, cancelled, cancelled_bytes)
    VALUES (gone.queue, -1, 1, octet_length(gone.payload) + coalesce(octet_length(gone.result), 0)
                                + coalesce(octet_length(gone.errors), 0));
  END $$;

  -- What is asked of one job, or of all jobs of a run.
  CREATE TYPE jobyard.order_form AS (
    queue text, name text, version integer, priority integer, max_attempts integer, backoff text, timeout_ms bigint,
    delay_ms bigint, at bigint, expires_ms bigint, tags text, grp text, on_lease_lost text, parent text,
    dedupe_key text, dedupe_while text, dedupe_for_ms bigint, on_conflict text,
    ids text, payloads text
  );

  -- Several jobs without a key for a queue without a bound, all or none: false if one of the ids is taken. To ask about
  -- a conflict at each row would cost more than the rows.
  CREATE FUNCTION jobyard.enqueue_run(run jobyard.order_form, now_at bigint) RETURNS boolean
  LANGUAGE plpgsql AS $$
  DECLARE
    in_lane integer := lane_of(run.queue, run.name, run.version);
    due_at bigint := greatest(now_at, coalesce(run.at, now_at + run.delay_ms));
    is_due boolean := due_at <= now_at;
    low bigint;
    high bigint;
  BEGIN
    WITH numbered AS (
      SELECT nextval('number') AS pk, id, payload
        FROM unnest(string_to_array(run.ids, E'\\x1e'), string_to_array(run.payloads, E'\\x1e')) AS list(id, payload)
    ), added_jobs AS (
      INSERT INTO job (pk, queue, id, lane, priority, ord, run_at, created_at, expires_at, max_attempts, timeout_ms,
                       on_lease_lost, grp, tags, backoff, parent, payload)
      SELECT pk, run.queue, id, in_lane, run.priority, CASE WHEN is_due THEN pk END, due_at, now_at,
             now_at + run.expires_ms, run.max_attempts, run.timeout_ms, run.on_lease_lost, run.grp, run.tags,
             run.backoff, run.parent, payload
        FROM numbered
      RETURNING pk
    ), into_ready AS (
      INSERT INTO ready (lane, priority, ord, pk) SELECT in_lane, run.priority, pk, pk FROM added_jobs WHERE is_due
    ), into_later AS (
      INSERT INTO later (queue, run_at, pk, lane, priority, tried)
      SELECT run.queue, due_at, pk, in_lane, run.priority, false FROM added_jobs WHERE NOT is_due
    ), into_expiry AS (
      INSERT INTO expiry (at, pk) SELECT now_at + run.expires_ms, pk FROM added_jobs WHERE run.expires_ms IS NOT NULL
    )
    SELECT min(pk), max(pk) INTO low, high FROM added_jobs;
    PERFORM cover_blocks(in_lane, low, high, now_at);
    RETURN true;
  EXCEPTION WHEN unique_violation THEN
    RETURN false;
  END $$;

  -- One job, about which nothing is to be judged. Its number; null if its id is taken. "in_line": false for one that is
  -- claimed in the same step.
  CREATE FUNCTION jobyard.write_job(form jobyard.order_form, in_lane integer, now_at bigint, in_line boolean)
  RETURNS bigint LANGUAGE plpgsql AS $$
  DECLARE
    due_at bigint := greatest(now_at, coalesce(form.at, now_at + form.delay_ms));
    new_pk bigint := nextval('number');
  BEGIN
    INSERT INTO job (pk, queue, id, lane, priority, ord, run_at, created_at, expires_at, max_attempts, timeout_ms,
                     on_lease_lost, dedupe_key, dedupe_while, dedupe_for_ms, grp, tags, backoff, parent, payload)
    VALUES (new_pk, form.queue, form.ids, in_lane, form.priority, CASE WHEN due_at <= now_at THEN new_pk END, due_at,
            now_at, now_at + form.expires_ms, form.max_attempts, form.timeout_ms, form.on_lease_lost, form.dedupe_key,
            form.dedupe_while, form.dedupe_for_ms, form.grp, form.tags, form.backoff, form.parent, form.payloads)
    ON CONFLICT (id, queue) DO NOTHING;
    IF NOT FOUND THEN RETURN NULL; END IF;
    PERFORM cover_blocks(in_lane, new_pk, new_pk, now_at);
    IF NOT in_line THEN RETURN new_pk; END IF;
    IF due_at <= now_at THEN
      INSERT INTO ready (lane, priority, ord, pk) VALUES (in_lane, form.priority, new_pk, new_pk);
    ELSE
      INSERT INTO later (queue, run_at, pk, lane, priority, tried)
      VALUES (form.queue, due_at, new_pk, in_lane, form.priority, false);
    END IF;
    IF form.expires_ms IS NOT NULL THEN
      INSERT INTO expiry (at, pk) VALUES (now_at + form.expires_ms, new_pk);
    END IF;
    RETURN new_pk;
  END $$;

  -- One job, judged by all rules. The answer says what it met; null: it was written, and met nothing.
  CREATE FUNCTION jobyard.enqueue_one(form jobyard.order_form, now_at bigint, bound bigint) RETURNS json
  LANGUAGE plpgsql AS $$
  DECLARE
    due_at bigint := greatest(now_at, coalesce(form.at, now_at + form.delay_ms));
    new_pk bigint;
    namesake jobyard.job;
    holder jobyard.dedupe;
    twin jobyard.job;
    replaced jobyard.job;
    had_key boolean;
    depth bigint;
    until_at bigint := now_at + form.dedupe_for_ms;
  BEGIN
    LOOP
      SELECT * INTO namesake FROM job WHERE id = form.ids AND queue = form.queue;
      IF FOUND THEN
        RETURN json_build_object('met', 'id', 'state', state_of(namesake), 'payload', namesake.payload,
                                 'name', (SELECT name FROM lane WHERE lane.id = namesake.lane));
      END IF;
      replaced := NULL;
      had_key := false;
      IF form.dedupe_key IS NOT NULL THEN
        SELECT * INTO holder FROM dedupe
         WHERE queue = form.queue AND key = form.dedupe_key AND (until IS NULL OR until > now_at);
        had_key := FOUND;
      END IF;
      IF had_key THEN
        IF form.on_conflict IN ('replace', 'extend') THEN
          replaced := lock_waiting(holder.pk);
          PERFORM FROM dedupe WHERE queue = form.queue AND key = form.dedupe_key AND pk = holder.pk
             AND (until IS NULL OR until > now_at) FOR UPDATE;
          CONTINUE WHEN NOT FOUND;
        END IF;
        IF form.on_conflict <> 'replace' OR replaced.pk IS NULL THEN
          IF form.on_conflict = 'extend' THEN
            IF replaced.pk IS NOT NULL THEN PERFORM move_waiting(replaced, due_at, now_at); END IF;
            UPDATE dedupe SET until = now_at + for_ms
             WHERE queue = form.queue AND key = form.dedupe_key AND until IS NOT NULL;
          END IF;
          SELECT * INTO twin FROM job WHERE pk = holder.pk;
          RETURN json_build_object('met', 'key', 'id', holder.id, 'state',
            CASE WHEN twin.pk IS NULL THEN coalesce(holder.gone, 'completed') ELSE state_of(twin) END);
        END IF;
      END IF;
      IF bound IS NOT NULL THEN
        depth := depth_of(form.queue);
        IF depth - (replaced.pk IS NOT NULL)::integer >= bound THEN
          RETURN json_build_object('met', 'bound', 'depth', depth, 'max_size', bound);
        END IF;
      END IF;
      new_pk := write_job(form, lane_of(form.queue, form.name, form.version), now_at, true);
      CONTINUE WHEN new_pk IS NULL;
      IF form.dedupe_key IS NOT NULL THEN
        INSERT INTO dedupe AS known (queue, key, pk, id, until, for_ms)
        VALUES (form.queue, form.dedupe_key, new_pk, form.ids, until_at, form.dedupe_for_ms)
        ON CONFLICT (queue, key) DO UPDATE
           SET pk = excluded.pk, id = excluded.id, until = excluded.until, for_ms = excluded.for_ms, gone = NULL
         WHERE known.until <= now_at OR known.pk = replaced.pk;
        IF NOT FOUND THEN
          SELECT * INTO twin FROM job WHERE pk = new_pk;
          PERFORM leave_line(twin);
          DELETE FROM job WHERE pk = new_pk;
          CONTINUE;
        END IF;
      END IF;
      IF replaced.pk IS NOT NULL THEN PERFORM cancel_waiting(replaced, 'replaced', 'replace', now_at); END IF;
      RETURN CASE WHEN replaced.pk IS NOT NULL THEN json_build_object('met', 'replaced', 'id', replaced.id) END;
    END LOOP;
  END $$;

  -- A waiting job, locked, gets another time and so a new place at the end of its order.
  CREATE FUNCTION jobyard.move_waiting(moved jobyard.job, to_ms bigint, now_at bigint) RETURNS void
  LANGUAGE plpgsql AS $$
  DECLARE
    new_ord bigint := CASE WHEN to_ms <= now_at THEN nextval('number') END;
    tried boolean := moved.attempt > 0;
  BEGIN
    PERFORM leave_line(moved);
    UPDATE job SET run_at = to_ms, ord = new_ord, seq = moved.seq + 1 WHERE pk = moved.pk;
    IF moved.held_limit IS NOT NULL THEN
      INSERT INTO held (queue, run_at, pk, lane, tried) VALUES (moved.queue, to_ms, moved.pk, moved.lane, tried);
    ELSIF new_ord IS NULL THEN
      INSERT INTO later (queue, run_at, pk, lane, priority, tried)
      VALUES (moved.queue, to_ms, moved.pk, moved.lane, moved.priority, tried);
    ELSE
      INSERT INTO ready (lane, priority, ord, pk) VALUES (moved.lane, moved.priority, new_ord, moved.pk);
    END IF;
    IF moved.expires_at IS NOT NULL THEN
      INSERT INTO expiry (at, pk) VALUES (moved.expires_at, moved.pk);
    END IF;
    INSERT INTO event (pk, seq, at, kind) VALUES (moved.pk, moved.seq + 1, now_at, 'reschedule');
  END $$;

  -- The bounds of the queues of these runs, by name, which hold until the transaction ends. Locked in the order of names,
  -- so that two callers with several queues do not wait for each other.
  CREATE FUNCTION jobyard.lock_bounds(runs jobyard.order_form[]) RETURNS jsonb
  LANGUAGE plpgsql AS $$
  DECLARE
    names CONSTANT text[] := ARRAY(
      SELECT name FROM queue
       WHERE max_size IS NOT NULL AND name IN (SELECT run.queue FROM unnest(runs) AS run) ORDER BY name);
  BEGIN
    FOR place IN 1 .. cardinality(names) LOOP
      PERFORM pg_advisory_xact_lock(size_lock(names[place]));
    END LOOP;
    RETURN (SELECT coalesce(jsonb_object_agg(name, max_size), '{}') FROM queue
             WHERE max_size IS NOT NULL AND name = ANY (names));
  END $$;

  -- All runs in their order, in one step. The answer lists what is not simply accepted, by its number from 0.
  CREATE FUNCTION jobyard.enqueue_forms(runs jobyard.order_form[], bounded boolean) RETURNS text
  LANGUAGE plpgsql SET search_path = jobyard, pg_temp AS $$
  DECLARE
    now_at bigint;
    run jobyard.order_form;
    one jobyard.order_form;
    bounds jsonb := '{}';
    bound bigint;
    ids text[];
    payloads text[];
    met json;
    told json[] := '{}';
    base integer := 0;
    added integer;
    is_plain boolean;
  BEGIN
    IF bounded AND EXISTS (SELECT FROM queue WHERE max_size IS NOT NULL) THEN bounds := lock_bounds(runs); END IF;
    now_at := now_ms();
    FOREACH run IN ARRAY runs LOOP
      bound := (bounds ->> run.queue)::bigint;
      ids := string_to_array(run.ids, E'\\x1e');
      added := cardinality(ids);
      is_plain := run.dedupe_key IS NULL AND bound IS NULL;
      IF added = 1 OR NOT is_plain OR NOT enqueue_run(run, now_at) THEN
        added := 0;
        payloads := string_to_array(run.payloads, E'\\x1e');
        one := run;
        FOR place IN 1 .. cardinality(ids) LOOP
          one.ids := ids[place];
          one.payloads := payloads[place];
          IF is_plain AND write_job(one, lane_of(run.queue, run.name, run.version), now_at, true) IS NOT NULL THEN
            added := added + 1;
            CONTINUE;
          END IF;
          met := enqueue_one(one, now_at, bound);
          IF met IS NULL OR met ->> 'met' = 'replaced' THEN
            added := added + 1;
            -- The next one is judged by it.
            IF bound IS NOT NULL THEN
              INSERT INTO tally (queue, depth) VALUES (run.queue, 1);
              added := 0;
            END IF;
          END IF;
          IF met IS NOT NULL THEN
            told := told || json_build_object('place', base + place - 1, 'met', met);
          END IF;
        END LOOP;
      END IF;
      IF added > 0 THEN
        INSERT INTO tally (queue, depth) VALUES (run.queue, added);
      END IF;
      base := base + cardinality(ids);
    END LOOP;
    RETURN to_json(told)::text;
  END $$;

  -- The same for a JSON list of them.
  CREATE FUNCTION jobyard.enqueue_jobs(runs json, bounded boolean) RETURNS text
  LANGUAGE plpgsql SET search_path = jobyard, pg_temp AS $$
  BEGIN
    RETURN enqueue_forms(ARRAY(SELECT run FROM json_populate_recordset(NULL::order_form, runs) AS run), bounded);
  END $$;
`;
