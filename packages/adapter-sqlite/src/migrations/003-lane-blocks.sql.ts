/**
 * An enqueue writes one index less: where the jobs of a lane stand is kept in blocks of 128 numbers (lane-blocks.ts).
 *
 * A process of an older version may have the file open meanwhile. It would go on to enqueue without writing blocks,
 * and lists by type would miss those jobs: so the lanes lose the column `grp`, which was never used but is asked for
 * whenever an older version looks up a lane. Its enqueues fail from here on; what it runs it may still settle.
 *
 * Dropped and made anew for the reason that 002 gives: SQLite would read all views of the file for an ALTER.
 */

import { type None, type Statement, sql } from "../statement.ts";

export const laneBlocks: Statement<None> = sql`
  CREATE TEMP TABLE jobyard_lane_2 AS SELECT id, queue, name, version FROM jobyard_lane;
  DROP TABLE jobyard_lane;
  CREATE TABLE jobyard_lane (
    id      INTEGER PRIMARY KEY,
    queue   TEXT    NOT NULL,
    name    TEXT    NOT NULL,
    version INTEGER NOT NULL,
    UNIQUE (queue, name, version)
  ) STRICT;
  INSERT INTO jobyard_lane (id, queue, name, version) SELECT id, queue, name, version FROM temp.jobyard_lane_2;
  DROP TABLE temp.jobyard_lane_2;

  CREATE TABLE jobyard_lane_block (
    lane  INTEGER NOT NULL,
    block INTEGER NOT NULL,
    PRIMARY KEY (lane, block)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO jobyard_lane_block (lane, block) SELECT DISTINCT lane, pk / 128 FROM jobyard_job;
  DROP INDEX jobyard_job_lane;
`;
