/**
 * How many jobs of each type there are. What was enqueued last is counted for all types in one go, so that busy ones
 * compare; what is older type by type, by its blocks, so that a rare one is counted to the end. Both look at so many
 * rows as a search may, whatever the number of types.
 */

import { type Count, DEFAULTS } from "@jobyard/core/adapter";
import { blockOf, NUMBERS_IN_BLOCK, numbersIn } from "../lane-blocks.ts";
import { countNewest, countOlder } from "../sql/count.sql.ts";
import type { NamedLane } from "../sql/read.sql.ts";
import { lastJobBelow } from "../sql/walk.sql.ts";
import type { View } from "../step.ts";
import type { Store } from "../store.ts";

const MOST_ROWS = DEFAULTS.searchRows;
/** Of all types together. */
const NEWEST_BLOCKS = Math.floor(MOST_ROWS / NUMBERS_IN_BLOCK);

/** One at a time, so that many of them hold nothing up. */
export async function* countTypes(store: Store, lanes: readonly NamedLane[]): AsyncGenerator<[NamedLane, Count]> {
  const { before, counts } = await store.read(newest);
  const rows = Math.ceil(MOST_ROWS / lanes.length);
  for (const lane of lanes) {
    const asked = { lane: lane.id, before, inBlock: NUMBERS_IN_BLOCK, rows };
    const older = (await store.read(({ db }) => db.get(countOlder, asked))) ?? { n: 0, looked: 0 };
    yield [lane, { n: (counts.get(lane.id) ?? 0) + older.n, exact: older.looked < rows }];
    await new Promise(setImmediate);
  }
}

interface Newest {
  /** The block from which on they are counted. */
  readonly before: number;
  /** By lane. */
  readonly counts: ReadonlyMap<number, number>;
}

function newest({ db }: View): Newest {
  const last = db.get(lastJobBelow, { pk: Number.MAX_SAFE_INTEGER })?.pk ?? 0;
  const before = Math.max(0, blockOf(last) - NEWEST_BLOCKS + 1);
  const found = db.all(countNewest, { low: numbersIn(before).low });
  return { before, counts: new Map(found.map(({ lane, n }) => [lane, n])) };
}
