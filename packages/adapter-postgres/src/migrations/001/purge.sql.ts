/**
 * Retention: finals go, the oldest first, until every bound holds. Both orders that it walks hold finals and nothing
 * else, so a purge reads what it removes and one job more, whatever else is in the store.
 *
 * What there is and how much of it are read in one snapshot, and a job goes only if it still is as it was seen: of
 * two purges at once, or of a purge beside a person's moves, none counts on what the other has removed.
 */

import { type None, type Statement, sql } from "../../statement.ts";

export const purgeFunctions: Statement<None> = sql`
  -- What a job counts towards retention by bytes. The length of a text is known without reading it.
  CREATE FUNCTION jobyard.bytes_of(payload text, result text, errors text) RETURNS bigint LANGUAGE sql IMMUTABLE
  RETURN (octet_length(payload) + coalesce(octet_length(result), 0) + coalesce(octet_length(errors), 0))::bigint;

  -- These finals and everything that hangs on them. How many of them were still as they were seen.
  CREATE FUNCTION jobyard.remove_finals(of_queue text, of_state text, seen bigint[], until bigint) RETURNS integer
  LANGUAGE plpgsql AS $$
  DECLARE
    pks bigint[];
    keys text[];
    n integer;
    bytes bigint;
  BEGIN
    WITH removed AS (
      DELETE FROM job WHERE pk = ANY (seen) AND state = of_state AND finished_at <= until
      RETURNING pk, dedupe_key, bytes_of(payload, result, errors) AS size
    )
    SELECT array_agg(pk), array_agg(dedupe_key) FILTER (WHERE dedupe_key IS NOT NULL), count(*), sum(size)
      INTO pks, keys, n, bytes FROM removed;
    IF n = 0 THEN RETURN 0; END IF;
    DELETE FROM event WHERE pk = ANY (pks);
    IF of_state <> 'completed' THEN DELETE FROM attention WHERE pk = ANY (pks); END IF;
    IF keys IS NOT NULL THEN
      -- A key that runs for a time outlives its job, and tells the last state that it had.
      UPDATE dedupe SET gone = of_state
       WHERE dedupe.queue = of_queue AND dedupe.key = ANY (keys) AND dedupe.pk = ANY (pks) AND dedupe.until IS NOT NULL;
    END IF;
    INSERT INTO tally (queue, completed, completed_bytes, dead, dead_bytes, cancelled, cancelled_bytes)
    SELECT of_queue, -n * is_completed, -bytes * is_completed, -n * is_dead, -bytes * is_dead,
           -n * is_cancelled, -bytes * is_cancelled
      FROM (SELECT (of_state = 'completed')::integer AS is_completed, (of_state = 'dead')::integer AS is_dead,
                   (of_state = 'cancelled')::integer AS is_cancelled) AS kind;
    RETURN n;
  END $$;

  -- Forgets the order of completion as far as it was gone through, where no job is left. A job that is about to come
  -- back from the trash has its place: it finds the row locked, or gone, or is seen here.
  CREATE FUNCTION jobyard.forget_done(of_queue text, until bigint) RETURNS void
  LANGUAGE plpgsql AS $$
  DECLARE
    places tid[];
  BEGIN
    SELECT array_agg(ctid) INTO places
      FROM (SELECT ctid FROM done WHERE queue = of_queue AND finished_at <= until FOR UPDATE SKIP LOCKED) AS passed;
    DELETE FROM done
     WHERE ctid = ANY (places)
       AND NOT EXISTS (SELECT FROM unnest(pks) AS member(pk) JOIN job ON job.pk = member.pk WHERE job.state = 'completed');
  END $$;

  -- At most so many of the queue's jobs of this state go. A bound that is null is none.
  CREATE FUNCTION jobyard.purge_jobs(
    of_queue text, of_state text, keep_ms bigint, keep_count bigint, keep_bytes bigint, most integer,
    OUT removed integer, OUT more boolean
  ) LANGUAGE plpgsql SET search_path = jobyard, pg_temp SET plan_cache_mode = force_generic_plan
  SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
  SET enable_sort = off AS $$
  DECLARE
    -- Places that are looked at beyond those that are removed: jobs that a person removed are among them.
    looked CONSTANT integer := most + 10000;
    before CONSTANT bigint := now_ms() - keep_ms;
    oldest refcursor;
    next record;
    seen bigint[] := '{}';
    seen_bytes bigint := 0;
    passed integer := 0;
    last_pk bigint;
    until bigint;
  BEGIN
    removed := 0;
    more := false;
    IF of_state = 'completed' THEN
      OPEN oldest NO SCROLL FOR
        SELECT place.finished_at, place.pk, job.pk IS NOT NULL AS is_there,
               bytes_of(job.payload, job.result, job.errors) AS bytes,
               (SELECT sum(completed) FROM tally WHERE queue = of_queue) AS total,
               (SELECT sum(completed_bytes) FROM tally WHERE queue = of_queue) AS total_bytes
          FROM (SELECT done.finished_at, member.pk FROM done CROSS JOIN LATERAL unnest(done.pks) AS member(pk)
                 WHERE done.queue = of_queue ORDER BY done.finished_at, member.pk LIMIT looked) AS place
          LEFT JOIN job ON job.pk = place.pk AND job.state = 'completed'
         ORDER BY place.finished_at, place.pk;
    ELSE
      OPEN oldest NO SCROLL FOR
        SELECT attention.finished_at, attention.pk, true AS is_there,
               bytes_of(job.payload, job.result, job.errors) AS bytes,
               (SELECT sum(CASE of_state WHEN 'dead' THEN dead ELSE cancelled END)
                  FROM tally WHERE queue = of_queue) AS total,
               (SELECT sum(CASE of_state WHEN 'dead' THEN dead_bytes ELSE cancelled_bytes END)
                  FROM tally WHERE queue = of_queue) AS total_bytes
          FROM attention JOIN job ON job.pk = attention.pk
         WHERE attention.queue = of_queue AND attention.state = of_state AND attention.finished_at IS NOT NULL
         ORDER BY attention.finished_at, attention.pk LIMIT looked;
    END IF;
    LOOP
      FETCH oldest INTO next;
      IF NOT FOUND THEN
        more := passed >= looked;
        EXIT;
      END IF;
      passed := passed + 1;
      -- Once it came back from the trash a job may stand in two rows of one instant.
      CONTINUE WHEN next.pk = last_pk;
      IF next.is_there THEN
        EXIT WHEN NOT coalesce(next.finished_at <= before, false)
              AND NOT coalesce(next.total - cardinality(seen) > keep_count, false)
              AND NOT coalesce(next.total_bytes - seen_bytes > keep_bytes, false);
        more := cardinality(seen) = most;
        EXIT WHEN more;
        seen := seen || next.pk;
        seen_bytes := seen_bytes + next.bytes;
      END IF;
      last_pk := next.pk;
      until := next.finished_at;
    END LOOP;
    CLOSE oldest;
    IF cardinality(seen) > 0 THEN removed := remove_finals(of_queue, of_state, seen, until); END IF;
    IF of_state = 'completed' AND until IS NOT NULL THEN PERFORM forget_done(of_queue, until); END IF;
  END $$;
`;
