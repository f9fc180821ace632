/**
 * What the rarer verbs do first: lock all that they are about to change, in the order that holds for everybody, and
 * tell how it stands then. One statement each, so that a step costs the same few round trips for one job or hundreds.
 *
 * Session, lease, line, job, dedupe key: who takes locks in this order never waits for somebody who waits for him.
 * A job that waits is claimed by who has its place in line, so that is locked before the job. Dedupe keys are not
 * locked here; taking one fails if another holds it by then.
 */

import { type None, type Statement, sql } from "../../statement.ts";

export const lockFunctions: Statement<None> = sql`
  -- A job as a step needs it: of the texts that can be large only the lengths, and those that are wanted in brackets.
  CREATE FUNCTION jobyard.told_job(of_job jobyard.job, wants text[]) RETURNS json LANGUAGE sql STABLE
  RETURN json_build_object(
    'pk', of_job.pk, 'queue', of_job.queue, 'id', of_job.id, 'lane', of_job.lane, 'state', of_job.state,
    'reason', of_job.reason, 'priority', of_job.priority, 'ord', of_job.ord, 'run_at', of_job.run_at,
    'started_at', of_job.started_at, 'finished_at', of_job.finished_at, 'expires_at', of_job.expires_at,
    'attempt', of_job.attempt, 'rescues', of_job.rescues, 'epoch', of_job.epoch, 'seq', of_job.seq,
    'claim_written', of_job.claim_written, 'cancel_requested', of_job.cancel_requested,
    'held_limit', of_job.held_limit, 'worker', of_job.worker, 'last_op', of_job.last_op,
    'dedupe_key', of_job.dedupe_key, 'dedupe_while', of_job.dedupe_while,
    'bytes', json_build_object('payload', octet_length(of_job.payload), 'result', octet_length(of_job.result),
                               'errors', octet_length(of_job.errors)),
    'payload', CASE WHEN 'payload' = ANY (wants) THEN json_build_array(of_job.payload) END,
    'result', CASE WHEN 'result' = ANY (wants) THEN json_build_array(of_job.result) END,
    'progress', CASE WHEN 'progress' = ANY (wants) THEN json_build_array(of_job.progress) END,
    'errors', CASE WHEN 'errors' = ANY (wants) THEN json_build_array(of_job.errors) END,
    'undo', CASE WHEN 'undo' = ANY (wants) THEN json_build_array(of_job.undo) END);

  CREATE FUNCTION jobyard.told_jobs(pks bigint[], wants text[]) RETURNS json LANGUAGE sql STABLE
  BEGIN ATOMIC
    SELECT json_agg(jobyard.told_job(job, wants)) FROM jobyard.job WHERE pk = ANY (pks);
  END;

  -- Who holds the keys of these jobs now.
  CREATE FUNCTION jobyard.told_holders(queues text[], keys text[], now_at bigint) RETURNS json LANGUAGE sql STABLE
  BEGIN ATOMIC
    SELECT json_agg(json_build_object('queue', dedupe.queue, 'key', dedupe.key, 'pk', dedupe.pk))
      FROM (SELECT DISTINCT queue, key FROM unnest(queues, keys) AS asked(queue, key)) AS wanted
      JOIN jobyard.dedupe USING (queue, key)
     WHERE dedupe.until IS NULL OR dedupe.until > now_at;
  END;

  -- Which of these jobs stand in line: their places are locked. One that moved to another place is followed there.
  CREATE FUNCTION jobyard.lock_places(pks bigint[]) RETURNS bigint[]
  LANGUAGE plpgsql SET search_path = jobyard, pg_temp
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
  DECLARE
    locked bigint[] := '{}';
  BEGIN
    LOOP
      locked := locked || ARRAY(
        SELECT ready.pk FROM job JOIN ready USING (lane, priority, ord, pk)
         WHERE job.pk = ANY (pks) AND job.pk <> ALL (locked) AND job.state = 'waiting' AND job.held_limit IS NULL
         ORDER BY lane, priority, ord FOR UPDATE OF ready);
      locked := locked || ARRAY(
        SELECT later.pk FROM job JOIN later USING (queue, run_at, pk)
         WHERE job.pk = ANY (pks) AND job.pk <> ALL (locked) AND job.state = 'waiting' AND job.held_limit IS NULL
           AND job.ord IS NULL
         ORDER BY pk FOR UPDATE OF later);
      locked := locked || ARRAY(
        SELECT held.pk FROM job JOIN held USING (queue, run_at, pk)
         WHERE job.pk = ANY (pks) AND job.pk <> ALL (locked) AND job.state = 'waiting' AND job.held_limit IS NOT NULL
         ORDER BY pk FOR UPDATE OF held);
      EXIT WHEN NOT EXISTS (
        SELECT FROM job WHERE pk = ANY (pks) AND pk <> ALL (locked) AND state_of(job) = 'waiting');
    END LOOP;
    RETURN locked;
  END $$;

  -- Jobs by their addresses, whatever their state. "in_line" lists those that wait, "holdings" the leases of those
  -- that are active, which stay as they are for as long as the job is locked.
  CREATE FUNCTION jobyard.lock_jobs(refs json, wants text[]) RETURNS text
  LANGUAGE plpgsql SET search_path = jobyard, pg_temp
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
  DECLARE
    pks bigint[];
    in_line bigint[];
    active bigint[];
    queues text[];
    keys text[];
    holdings json;
    now_at bigint;
  BEGIN
    SELECT coalesce(array_agg(job.pk), '{}') INTO pks
      FROM json_to_recordset(refs) AS ref(queue text, id text) JOIN job USING (id, queue);
    in_line := lock_places(pks);
    PERFORM FROM job WHERE pk = ANY (pks) ORDER BY pk FOR UPDATE;
    IF EXISTS (SELECT FROM job WHERE pk = ANY (pks) AND pk <> ALL (in_line) AND state_of(job) = 'waiting') THEN
      RAISE EXCEPTION 'a job came back into line' USING ERRCODE = 'serialization_failure';
    END IF;
    now_at := now_ms();
    SELECT array_agg(pk) FILTER (WHERE state = 'waiting' AND pk <> ALL (in_line)),
           array_agg(queue) FILTER (WHERE dedupe_key IS NOT NULL),
           array_agg(dedupe_key) FILTER (WHERE dedupe_key IS NOT NULL)
      INTO active, queues, keys FROM job WHERE pk = ANY (pks);
    IF active IS NOT NULL THEN
      SELECT json_agg(json_build_object('pk', member.pk, 'session', session, 'token', token, 'claimed_at', claimed_at))
        INTO holdings
        FROM lease CROSS JOIN LATERAL unnest(lease.pks) AS member(pk)
       WHERE member.pk = ANY (active);
    END IF;
    RETURN json_build_object('now', now_at, 'jobs', told_jobs(pks, wants), 'in_line', to_json(in_line),
                             'holdings', holdings, 'holders', told_holders(queues, keys, now_at));
  END $$;

  -- Jobs that somebody says he holds, with those leases. Those "besides" are locked with them, as who locks in two goes
  -- keeps no order; of them nothing is told.
  -- Who changes no lease need not lock it: that a job stays in it is sure as long as the job is locked.
  CREATE FUNCTION jobyard.lock_leased(asked json, wants text[], with_sessions boolean, with_leases boolean)
  RETURNS text LANGUAGE plpgsql SET search_path = jobyard, pg_temp
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
  DECLARE
    locked bigint[];
    told bigint[];
    queues text[];
    keys text[];
    leases json;
    now_at bigint;
  BEGIN
    IF with_sessions THEN
      PERFORM FROM session
        WHERE id IN (SELECT session FROM json_to_recordset(asked) AS one(session text))
        ORDER BY id COLLATE "C" FOR SHARE;
    END IF;
    IF with_leases THEN
      PERFORM FROM lease
        WHERE (session, token, queue) IN
              (SELECT session, token, queue FROM json_to_recordset(asked) AS one(session text, token text, queue text))
        ORDER BY session COLLATE "C", token COLLATE "C", queue COLLATE "C" FOR UPDATE;
    END IF;
    SELECT coalesce(array_agg(job.pk), '{}'), coalesce(array_agg(job.pk) FILTER (WHERE besides IS NULL), '{}')
      INTO locked, told
      FROM json_to_recordset(asked) AS one(queue text, id text, besides boolean) JOIN job USING (id, queue);
    PERFORM FROM job WHERE pk = ANY (locked) ORDER BY pk FOR UPDATE;
    now_at := now_ms();
    SELECT array_agg(queue), array_agg(dedupe_key) INTO queues, keys
      FROM job WHERE pk = ANY (told) AND dedupe_key IS NOT NULL;
    SELECT json_agg(json_build_object(
             'session', lease.session, 'token', lease.token, 'queue', lease.queue, 'claimed_at', lease.claimed_at,
             'deadline', session.deadline,
             'pks', ARRAY(SELECT pk FROM unnest(lease.pks) AS member(pk) WHERE pk = ANY (told))))
      INTO leases
      FROM (SELECT DISTINCT session, token, queue
              FROM json_to_recordset(asked) AS one(session text, token text, queue text)) AS wanted
      JOIN lease USING (session, token, queue) JOIN session ON session.id = lease.session;
    RETURN json_build_object('now', now_at, 'jobs', told_jobs(told, wants), 'leases', leases,
                             'holders', told_holders(queues, keys, now_at));
  END $$;

  -- What was removed under these addresses, since then; and which of the addresses are taken by now.
  CREATE FUNCTION jobyard.lock_trash(refs json, kept_ms bigint) RETURNS text
  LANGUAGE plpgsql SET search_path = jobyard, pg_temp
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
  DECLARE
    pks bigint[];
    queues text[];
    keys text[];
    trashed json;
    taken json;
    now_at bigint;
  BEGIN
    pks := ARRAY(
      SELECT trash.pk FROM json_to_recordset(refs) AS ref(queue text, id text) JOIN trash USING (queue, id)
       ORDER BY trash.pk FOR UPDATE OF trash);
    now_at := now_ms();
    SELECT json_agg(json_build_object('job', told_job(removed, '{}'), 'entered_at', entered_at)),
           array_agg(removed.queue) FILTER (WHERE dedupe_key IS NOT NULL),
           array_agg(dedupe_key) FILTER (WHERE dedupe_key IS NOT NULL)
      INTO trashed, queues, keys
      FROM trash CROSS JOIN LATERAL json_populate_record(NULL::job, trash.job::json) AS removed
     WHERE trash.pk = ANY (pks) AND removed_at >= now_at - kept_ms;
    SELECT json_agg(json_build_object('queue', queue, 'id', id, 'state', state_of(job))) INTO taken
      FROM job WHERE (id, queue) IN (SELECT id, queue FROM json_to_recordset(refs) AS ref(queue text, id text));
    RETURN json_build_object('now', now_at, 'trashed', trashed, 'taken', taken,
                             'holders', told_holders(queues, keys, now_at));
  END $$;
`;
