/** Retention: finals go, the oldest first, until every bound holds. */

import type { PurgeRule } from "@jobyard/core/adapter";
import { purgeScript } from "./lua/purge.lua.ts";
import type { Fleet } from "./options.ts";
import { packed } from "./packed.ts";
import type { Scripts } from "./scripts.ts";

/** A script holds the server up for as long as it runs. */
const MOST_AT_ONCE = 500;

/** Removes a job of one of BullMQ's flows, as BullMQ does. False if it would not go. */
export type RemoveStock = (queue: string, id: string) => Promise<boolean>;

export async function purge(
  scripts: Scripts,
  fleet: Fleet,
  stock: RemoveStock,
  { queue, state, keep }: PurgeRule,
  limit: number,
): Promise<{ readonly removed: number; readonly more: boolean }> {
  const { ageMs, count, bytes } = keep;
  const own = fleet === "own";
  const ask = packed({ queue, state, ageMs, count, bytes, limit: Math.min(limit, MOST_AT_ONCE), own });
  const [removed, more, left] = (await scripts.run(purgeScript, ask)) as readonly [number, 0 | 1, readonly string[]];
  let removedByStock = 0;
  for (const id of left) if (await stock(queue, id)) removedByStock += 1;
  return { removed: removed + removedByStock, more: more === 1 };
}
