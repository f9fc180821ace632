/**
 * Claims and completions write fewer pages, and retention finds the oldest finals without looking at what stays.
 *
 * - `lease`: its `pks` stay as they were claimed, but for those that left it in another way than by completing, so
 *   that a completion does not rewrite the list. `intact`: none has. There is one session for each worker that holds
 *   jobs, and a claim and its end write session and lease alike: so neither has an index besides its key.
 * - `done` is the order in which jobs completed: one row for all that one step completed in a queue.
 * - `tally` counts besides, per queue, the jobs of each final state and their bytes.
 * - A queue's `retention` has three bounds for each state.
 *
 * No table is renamed: SQLite would then read all views and triggers of the file, and an application's may be broken.
 *
 * A backoff that an older version wrote stays as it is: see core's stored-backoff.ts.
 */

import { type None, type Statement, sql } from "../statement.ts";

export const speedAndRetention: Statement<None> = sql`
  DROP INDEX jobyard_session_deadline;

  CREATE TEMP TABLE jobyard_lease_1 AS SELECT * FROM jobyard_lease;
  DROP TABLE jobyard_lease;
  CREATE TABLE jobyard_lease (
    session    TEXT    NOT NULL,
    token      TEXT    NOT NULL,
    queue      TEXT    NOT NULL,
    claimed_at INTEGER NOT NULL,
    exclusive  INTEGER NOT NULL CHECK (exclusive IN (0, 1)),
    unsettled  INTEGER NOT NULL CHECK (unsettled >= 1),
    intact     INTEGER NOT NULL DEFAULT 1 CHECK (intact BETWEEN 0 AND 1),
    pks        TEXT    NOT NULL,
    PRIMARY KEY (session, token, queue)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO jobyard_lease (session, token, queue, claimed_at, exclusive, unsettled, intact, pks)
  SELECT session, token, queue, claimed_at, exclusive, unsettled, 0, pks FROM temp.jobyard_lease_1;
  DROP TABLE temp.jobyard_lease_1;

  CREATE TABLE jobyard_done (
    queue       TEXT    NOT NULL,
    finished_at INTEGER NOT NULL,
    pk          INTEGER NOT NULL,
    pks         TEXT    NOT NULL,
    PRIMARY KEY (queue, finished_at, pk)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO jobyard_done (queue, finished_at, pk, pks)
  SELECT queue, finished_at, min(pk), json_group_array(pk ORDER BY pk)
    FROM jobyard_job WHERE state = 'completed' GROUP BY queue, finished_at;

  DELETE FROM jobyard_tally WHERE name = 'completed';
  INSERT INTO jobyard_tally (queue, name, value)
  SELECT queue, state, count(*)
    FROM jobyard_job WHERE state IN ('completed', 'dead', 'cancelled') GROUP BY queue, state;
  INSERT INTO jobyard_tally (queue, name, value)
  SELECT queue, state || 'Bytes',
         sum(octet_length(payload) + coalesce(octet_length(result), 0) + coalesce(octet_length(errors), 0))
    FROM jobyard_job WHERE state IN ('completed', 'dead', 'cancelled') GROUP BY queue, state;

  UPDATE jobyard_queue
     SET retention = (SELECT json_group_object(key, json_object('ageMs', value, 'count', NULL, 'bytes', NULL))
                        FROM json_each(retention))
   WHERE retention IS NOT NULL;
`;
