/** In which blocks of numbers a lane has jobs: see lane-blocks.ts. */

import { type Statement, sql } from "../statement.ts";

export const addLaneBlock: Statement<{ readonly lane: number; readonly block: number }> = sql`
  INSERT OR IGNORE INTO jobyard_lane_block (lane, block) VALUES (@lane, @block)
`;

/** Of all lanes. */
export const removeLaneBlocks: Statement<{ readonly before: number; readonly most: number }> = sql`
  DELETE FROM jobyard_lane_block WHERE (lane, block) IN
    (SELECT old.lane, old.block
       FROM jobyard_lane AS lane CROSS JOIN jobyard_lane_block AS old ON old.lane = lane.id AND old.block < @before
      LIMIT @most)
`;

/** `lanes`: JSON array. One look per lane, whatever the number of its blocks. */
interface FromBlock {
  readonly lanes: string;
  readonly block: number;
}
/** Null: there is none. */
interface FoundBlock {
  readonly block: number | null;
}
export const lastBlockTo: Statement<FromBlock, FoundBlock> = sql`
  SELECT max(last) AS block FROM
    (SELECT (SELECT block FROM jobyard_lane_block WHERE lane = wanted.value AND block <= @block
              ORDER BY block DESC LIMIT 1) AS last
       FROM json_each(@lanes) AS wanted)
`;
export const firstBlockFrom: Statement<FromBlock, FoundBlock> = sql`
  SELECT min(first) AS block FROM
    (SELECT (SELECT block FROM jobyard_lane_block WHERE lane = wanted.value AND block >= @block
              ORDER BY block LIMIT 1) AS first
       FROM json_each(@lanes) AS wanted)
`;
