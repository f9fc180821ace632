/** Sweeping: what time has ended, and what programs of BullMQ's left behind of ours. */

import { DEFAULTS } from "@jobyard/core/adapter";
import { expireScript } from "./lua/sweep.lua.ts";
import type { Fleet } from "./options.ts";
import { packed } from "./packed.ts";
import type { Scripts } from "./scripts.ts";

/** A script holds the server up for as long as it runs. */
const MOST_AT_ONCE = 500;

export async function expire(
  scripts: Scripts,
  fleet: Fleet,
  limit: number,
): Promise<{ readonly expired: number; readonly more: boolean }> {
  const ask = packed({ limit: Math.min(limit, MOST_AT_ONCE), trashMs: DEFAULTS.trashMs, own: fleet === "own" });
  const [expired, more] = (await scripts.run(expireScript, ask)) as readonly [number, 0 | 1];
  return { expired, more: more === 1 };
}
