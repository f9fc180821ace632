/**
 * The one end that is frequent: completions of jobs without a dedupe key, by the process that claimed them. The job
 * row is written once, the lease remembers how many are left, and one row keeps the order of all that completed.
 */

import { type None, type Statement, sql } from "../../statement.ts";

export const completeFunctions: Statement<None> = sql`
  -- Jobs of one lease. "results": divided by the control character 30, empty for none; null if there is none at all.
  CREATE TYPE jobyard.completion AS (session text, token text, queue text, pks text, epochs text, results text);

  -- The numbers of those jobs that were not written: they have a key, or are not the lease's any more.
  CREATE FUNCTION jobyard.complete_jobs(completions json) RETURNS text
  LANGUAGE plpgsql SET search_path = jobyard, pg_temp SET plan_cache_mode = force_generic_plan
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
  DECLARE
    of_lease jobyard.completion;
    open jobyard.lease;
    now_at bigint;
    wanted bigint[];
    ended bigint[];
    bytes_more bigint;
    refused bigint[] := '{}';
  BEGIN
    FOR of_lease IN SELECT * FROM json_populate_recordset(NULL::jobyard.completion, completions) LOOP
      wanted := string_to_array(of_lease.pks, ',')::bigint[];
      SELECT * INTO open FROM lease
       WHERE session = of_lease.session AND token = of_lease.token AND queue = of_lease.queue FOR UPDATE;
      IF NOT FOUND THEN
        refused := refused || wanted;
        CONTINUE;
      END IF;
      now_at := now_ms();
      WITH done_jobs AS (
        UPDATE job
           SET state = 'completed', attempt = attempt + 1, seq = seq + 2 - claim_written::integer,
               result = nullif(given.result, ''), started_at = open.claimed_at, finished_at = now_at,
               worker = of_lease.session, held_limit = NULL, cancel_requested = false, undo = NULL
          FROM unnest(wanted, string_to_array(of_lease.epochs, ',')::integer[],
                      string_to_array(of_lease.results, E'\\x1e')) AS given(pk, epoch, result)
         WHERE job.pk = given.pk AND job.epoch = given.epoch AND job.state = 'waiting' AND job.dedupe_key IS NULL
           AND (open.intact OR job.pk = ANY (open.pks))
        RETURNING job.pk, octet_length(job.payload) + coalesce(octet_length(job.result), 0)
                          + coalesce(octet_length(job.errors), 0) AS bytes
      )
      SELECT array_agg(pk ORDER BY pk), sum(bytes) INTO ended, bytes_more FROM done_jobs;
      IF ended IS NULL THEN
        refused := refused || wanted;
        CONTINUE;
      END IF;
      IF cardinality(ended) < cardinality(wanted) THEN
        refused := refused || ARRAY(SELECT pk FROM unnest(wanted) AS pk WHERE pk <> ALL (ended));
      END IF;
      IF open.unsettled > cardinality(ended) THEN
        UPDATE lease SET unsettled = unsettled - cardinality(ended)
         WHERE session = of_lease.session AND token = of_lease.token AND queue = of_lease.queue;
      ELSE
        DELETE FROM lease WHERE session = of_lease.session AND token = of_lease.token AND queue = of_lease.queue;
      END IF;
      INSERT INTO done (queue, finished_at, pk, pks) VALUES (of_lease.queue, now_at, ended[1], ended)
      ON CONFLICT (queue, finished_at, pk) DO UPDATE
         SET pks = ARRAY(SELECT member FROM unnest(done.pks || excluded.pks) AS member ORDER BY member);
      INSERT INTO tally (queue, depth, completed, completed_bytes)
      VALUES (of_lease.queue, -cardinality(ended), cardinality(ended), bytes_more);
    END LOOP;
    RETURN to_json(refused)::text;
  END $$;
`;
