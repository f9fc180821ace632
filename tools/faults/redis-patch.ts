/** Where faults are seeded in the Redis adapter. */

import { placesIn } from "./adapter-patch.ts";
import type { Patch } from "./fault.ts";

export const { inSource: redis, ownTests, chapter } = placesIn("redis");

/** In one of the scripts. */
export const inLua = (name: string, find: string, replace: string): Patch => redis(`lua/${name}.lua.ts`, find, replace);
