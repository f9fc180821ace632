/**
 * All that a step changes about jobs, written at its end: see changes.ts, which makes the lists.
 *
 * What is changed here is locked by then (locks.sql.ts). Only what is new can still meet another transaction: an
 * address, or a dedupe key, that somebody else has taken since it was looked at. Then the step is made anew.
 */

import { type None, type Statement, sql } from "../../statement.ts";

export const changeFunctions: Statement<None> = sql`
  CREATE FUNCTION jobyard.pks_in(list json) RETURNS bigint[] LANGUAGE sql IMMUTABLE
  RETURN ARRAY(SELECT value::bigint FROM json_array_elements_text(list) WITH ORDINALITY AS item(value, place)
                ORDER BY place);

  -- Their places are those that their rows tell: to be called before a row is changed, and after.
  CREATE FUNCTION jobyard.leave_lines(pks bigint[]) RETURNS void
  LANGUAGE plpgsql SET search_path = jobyard, pg_temp
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
  BEGIN
    DELETE FROM ready USING job
     WHERE job.pk = ANY (pks) AND job.held_limit IS NULL
       AND ready.lane = job.lane AND ready.priority = job.priority AND ready.ord = job.ord;
    DELETE FROM later USING job
     WHERE job.pk = ANY (pks) AND job.held_limit IS NULL AND job.ord IS NULL
       AND later.queue = job.queue AND later.run_at = job.run_at AND later.pk = job.pk;
    DELETE FROM held USING job
     WHERE job.pk = ANY (pks) AND job.held_limit IS NOT NULL
       AND held.queue = job.queue AND held.run_at = job.run_at AND held.pk = job.pk;
    DELETE FROM expiry USING job WHERE job.pk = ANY (pks) AND expiry.at = job.expires_at AND expiry.pk = job.pk;
  END $$;

  CREATE FUNCTION jobyard.join_lines(pks bigint[]) RETURNS void
  LANGUAGE plpgsql SET search_path = jobyard, pg_temp
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
  BEGIN
    INSERT INTO ready (lane, priority, ord, pk)
    SELECT lane, priority, ord, pk FROM job WHERE pk = ANY (pks) AND held_limit IS NULL AND ord IS NOT NULL;
    INSERT INTO later (queue, run_at, pk, lane, priority, tried)
    SELECT queue, run_at, pk, lane, priority, attempt > 0 FROM job
     WHERE pk = ANY (pks) AND held_limit IS NULL AND ord IS NULL;
    INSERT INTO held (queue, run_at, pk, lane, tried)
    SELECT queue, run_at, pk, lane, attempt > 0 FROM job WHERE pk = ANY (pks) AND held_limit IS NOT NULL;
    INSERT INTO expiry (at, pk) SELECT expires_at, pk FROM job WHERE pk = ANY (pks) AND expires_at IS NOT NULL;
  END $$;

  -- Texts come in brackets; one that does not come stays. "fresh": the job gets a new number, the first of them first.
  CREATE FUNCTION jobyard.update_jobs(jobs json, numbered integer) RETURNS void
  LANGUAGE plpgsql SET search_path = jobyard, pg_temp
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
  DECLARE
    numbers bigint[];
  BEGIN
    FOR n IN 1 .. numbered LOOP
      numbers[n] := nextval('number');
    END LOOP;
    UPDATE job
       SET state = now.state, reason = now.reason, priority = now.priority, ord = coalesce(numbers[now.fresh], now.ord),
           run_at = now.run_at, started_at = now.started_at, finished_at = now.finished_at,
           expires_at = now.expires_at, attempt = now.attempt, rescues = now.rescues, epoch = now.epoch,
           seq = now.seq, claim_written = now.claim_written, cancel_requested = now.cancel_requested,
           held_limit = now.held_limit, worker = now.worker, last_op = now.last_op,
           payload = CASE WHEN now.payload IS NULL THEN job.payload ELSE now.payload ->> 0 END,
           result = CASE WHEN now.result IS NULL THEN job.result ELSE now.result ->> 0 END,
           progress = CASE WHEN now.progress IS NULL THEN job.progress ELSE now.progress ->> 0 END,
           errors = CASE WHEN now.errors IS NULL THEN job.errors ELSE now.errors ->> 0 END,
           undo = CASE WHEN now.undo IS NULL THEN job.undo ELSE now.undo ->> 0 END
      FROM json_to_recordset(jobs) AS now(
             pk bigint, state text, reason text, priority integer, ord bigint, fresh integer, run_at bigint,
             started_at bigint, finished_at bigint, expires_at bigint, attempt integer, rescues integer, epoch integer, seq integer,
             claim_written boolean, cancel_requested boolean, held_limit integer, worker text, last_op text,
             payload json, result json, progress json, errors json, undo json)
     WHERE job.pk = now.pk;
  END $$;

  -- "settled": how many of a lease's jobs have come to an end; "lost": those of them that did not complete.
  CREATE FUNCTION jobyard.shorten_leases(leases json) RETURNS void
  LANGUAGE plpgsql SET search_path = jobyard, pg_temp AS $$
  DECLARE
    one record;
  BEGIN
    FOR one IN
      SELECT session, token, queue, settled, pks_in(lost) AS lost
        FROM json_to_recordset(leases) AS short(session text, token text, queue text, settled integer, lost json)
    LOOP
      DELETE FROM lease
       WHERE session = one.session AND token = one.token AND queue = one.queue AND unsettled = one.settled;
      CONTINUE WHEN FOUND;
      UPDATE lease
         SET unsettled = unsettled - one.settled, intact = intact AND one.lost = '{}',
             pks = CASE WHEN one.lost = '{}' THEN pks ELSE ARRAY(
                     SELECT pk FROM unnest(pks) WITH ORDINALITY AS member(pk, place)
                      WHERE pk <> ALL (one.lost) ORDER BY place) END
       WHERE session = one.session AND token = one.token AND queue = one.queue;
    END LOOP;
  END $$;

  -- Removed jobs, whole; their events stay. What was removed under the same address before is gone for good.
  CREATE FUNCTION jobyard.trash_jobs(pks bigint[], now_at bigint) RETURNS void
  LANGUAGE plpgsql SET search_path = jobyard, pg_temp
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
  BEGIN
    WITH older AS (
      DELETE FROM trash USING job WHERE job.pk = ANY (pks) AND trash.queue = job.queue AND trash.id = job.id
      RETURNING trash.pk
    )
    DELETE FROM event USING older WHERE event.pk = older.pk;
    WITH gone AS (
      DELETE FROM job WHERE pk = ANY (pks) RETURNING job.*
    ), calm AS (
      DELETE FROM attention WHERE pk = ANY (pks) RETURNING pk, at
    )
    INSERT INTO trash (pk, queue, id, removed_at, entered_at, job)
    SELECT gone.pk, gone.queue, gone.id, now_at, calm.at, row_to_json(gone)::text FROM gone LEFT JOIN calm USING (pk);
  END $$;

  CREATE FUNCTION jobyard.restore_jobs(pks bigint[]) RETURNS void
  LANGUAGE plpgsql SET search_path = jobyard, pg_temp
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
  DECLARE
    restored integer;
  BEGIN
    INSERT INTO job
    SELECT removed.* FROM trash CROSS JOIN LATERAL json_populate_record(NULL::job, trash.job::json) AS removed
     WHERE trash.pk = ANY (pks)
    ON CONFLICT (id, queue) DO NOTHING;
    GET DIAGNOSTICS restored = ROW_COUNT;
    IF restored < cardinality(pks) THEN
      RAISE EXCEPTION 'an address was taken meanwhile' USING ERRCODE = 'serialization_failure';
    END IF;
    DELETE FROM trash WHERE pk = ANY (pks);
    PERFORM cover_blocks(lane, pk, pk, created_at) FROM job WHERE pk = ANY (pks);
  END $$;

  -- In the order of keys, so that two who take the same ones do not wait for each other.
  CREATE FUNCTION jobyard.take_keys(keys json, now_at bigint) RETURNS void
  LANGUAGE plpgsql SET search_path = jobyard, pg_temp AS $$
  DECLARE
    taken integer;
  BEGIN
    INSERT INTO dedupe AS known (queue, key, pk, id)
    SELECT queue, key, pk, id
      FROM json_to_recordset(keys) AS wanted(queue text, key text, pk bigint, id text)
     ORDER BY queue COLLATE "C", key COLLATE "C"
    ON CONFLICT (queue, key) DO UPDATE
       SET pk = excluded.pk, id = excluded.id, until = NULL, for_ms = NULL, gone = NULL
     WHERE known.pk = excluded.pk OR known.until <= now_at;
    GET DIAGNOSTICS taken = ROW_COUNT;
    IF taken < json_array_length(keys) THEN
      RAISE EXCEPTION 'a dedupe key was taken meanwhile' USING ERRCODE = 'serialization_failure';
    END IF;
  END $$;

  -- A part that does not come costs nothing. What goes, goes before anything comes.
  CREATE FUNCTION jobyard.write_changes(changes json) RETURNS void
  LANGUAGE plpgsql SET search_path = jobyard, pg_temp
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
  DECLARE
    part record;
  BEGIN
    SELECT * INTO part FROM json_to_record(changes) AS parts(
      now bigint, leases json, restored json, leaving json, jobs json, numbered integer, joining json, made json,
      events json, calm json, attention json, trashed json, freed json, gone json, taken json, done json, tally json);
    IF part.leases IS NOT NULL THEN PERFORM shorten_leases(part.leases); END IF;
    IF part.restored IS NOT NULL THEN PERFORM restore_jobs(pks_in(part.restored)); END IF;
    IF part.leaving IS NOT NULL THEN PERFORM leave_lines(pks_in(part.leaving)); END IF;
    IF part.jobs IS NOT NULL THEN PERFORM update_jobs(part.jobs, part.numbered); END IF;
    IF part.joining IS NOT NULL THEN PERFORM join_lines(pks_in(part.joining)); END IF;
    IF part.made IS NOT NULL THEN
      -- Events that are made when read, before others follow on them. Some may have been written already.
      INSERT INTO event (pk, seq, at, kind, data)
      SELECT pk, seq, at, kind, data
        FROM json_to_recordset(part.made) AS one(pk bigint, seq integer, at bigint, kind text, data text)
      ON CONFLICT (pk, seq) DO NOTHING;
    END IF;
    IF part.events IS NOT NULL THEN
      INSERT INTO event (pk, seq, at, kind, data)
      SELECT pk, seq, at, kind, data
        FROM json_to_recordset(part.events) AS one(pk bigint, seq integer, at bigint, kind text, data text);
    END IF;
    IF part.calm IS NOT NULL THEN DELETE FROM attention WHERE pk = ANY (pks_in(part.calm)); END IF;
    IF part.attention IS NOT NULL THEN
      INSERT INTO attention (pk, state, queue, at, finished_at)
      SELECT pk, state, queue, at, finished_at
        FROM json_to_recordset(part.attention)
             AS one(pk bigint, state text, queue text, at bigint, finished_at bigint);
    END IF;
    IF part.trashed IS NOT NULL THEN PERFORM trash_jobs(pks_in(part.trashed), part.now); END IF;
    IF part.freed IS NOT NULL THEN
      -- Not if the key has a time of its own.
      DELETE FROM dedupe USING json_to_recordset(part.freed) AS one(queue text, key text, pk bigint)
       WHERE dedupe.queue = one.queue AND dedupe.key = one.key AND dedupe.pk = one.pk AND dedupe.until IS NULL;
    END IF;
    IF part.gone IS NOT NULL THEN
      UPDATE dedupe SET gone = one.state
        FROM json_to_recordset(part.gone) AS one(queue text, key text, pk bigint, state text)
       WHERE dedupe.queue = one.queue AND dedupe.key = one.key AND dedupe.pk = one.pk;
    END IF;
    IF part.taken IS NOT NULL THEN PERFORM take_keys(part.taken, part.now); END IF;
    IF part.done IS NOT NULL THEN
      -- Of what comes back from the trash, some may stand there already.
      INSERT INTO done (queue, finished_at, pk, pks)
      SELECT queue, finished_at, pk, pks_in(pks)
        FROM json_to_recordset(part.done) AS one(queue text, finished_at bigint, pk bigint, pks json)
      ON CONFLICT (queue, finished_at, pk) DO UPDATE
         SET pks = ARRAY(SELECT DISTINCT member FROM unnest(done.pks || excluded.pks) AS member ORDER BY member);
    END IF;
    IF part.tally IS NOT NULL THEN
      INSERT INTO tally (queue, depth, completed, completed_bytes, dead, dead_bytes, cancelled, cancelled_bytes)
      SELECT queue, depth, completed, completed_bytes, dead, dead_bytes, cancelled, cancelled_bytes
        FROM json_to_recordset(part.tally)
             AS one(queue text, depth bigint, completed bigint, completed_bytes bigint, dead bigint, dead_bytes bigint,
                    cancelled bigint, cancelled_bytes bigint);
    END IF;
  END $$;
`;
