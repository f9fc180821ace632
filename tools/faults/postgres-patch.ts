/** Where faults are seeded in the Postgres adapter. */

import { placesIn } from "./adapter-patch.ts";
import type { Patch } from "./fault.ts";

export const { inSource: postgres, ownTests, chapter } = placesIn("postgres");

/** In one of the functions of the first migration. */
export const inSql = (name: string, find: string, replace: string): Patch =>
  postgres(`migrations/001/${name}.sql.ts`, find, replace);
