/** What a worker's hold on its jobs asks of the database between claim and settle. */

import { type None, type Statement, sql } from "../../statement.ts";

export const holdFunctions: Statement<None> = sql`
  -- Moves the deadline, and then looks: who acted on the old one has ended by then, or waits and sees the new one.
  -- "standing" has a word for each lease in the order given.
  CREATE FUNCTION jobyard.extend_session(of_session text, leases json, lease_ms bigint) RETURNS text
  LANGUAGE plpgsql SET search_path = jobyard, pg_temp
  SET enable_seqscan = off SET enable_mergejoin = off AS $$
  DECLARE
    now_at bigint := now_ms();
    standing json;
    paused json;
  BEGIN
    UPDATE session SET deadline = now_at + lease_ms WHERE id = of_session;
    WITH asked AS MATERIALIZED (
      SELECT * FROM ROWS FROM (
        json_to_recordset(leases) AS (session text, token text, queue text, id text, epoch bigint)
      ) WITH ORDINALITY AS one(session, token, queue, id, epoch, place)
    ), member AS MATERIALIZED (
      SELECT session, token, queue, pk
        FROM (SELECT DISTINCT session, token, queue FROM asked) AS wanted
        JOIN lease USING (session, token, queue) CROSS JOIN LATERAL unnest(lease.pks) AS list(pk)
    )
    SELECT json_agg(CASE WHEN member.pk IS NULL THEN 'lost' WHEN job.cancel_requested THEN 'cancel' ELSE 'held' END
                    ORDER BY asked.place)
      INTO standing
      FROM asked
      LEFT JOIN job ON job.id = asked.id AND job.queue = asked.queue AND job.epoch = asked.epoch
                   AND job.state = 'waiting'
      LEFT JOIN member ON member.pk = job.pk AND member.session = asked.session AND member.token = asked.token
                      AND member.queue = asked.queue;
    SELECT json_agg(name ORDER BY name COLLATE "C") INTO paused FROM queue
     WHERE paused_at IS NOT NULL AND name IN (SELECT queue FROM json_to_recordset(leases) AS one(queue text));
    RETURN json_build_object('leases', standing, 'paused', paused, 'now', now_at);
  END $$;
`;
