/** Where an outbox is: the names of its tables, checked, and put into statements that are written for the default ones. */

import { badOption } from "@jobyard/core/adapter";

export interface Place {
  /** `null` on SQLite. */
  readonly schema: string | null;
  readonly table: string;
  /** For people: `public.jobyard_outbox`. */
  readonly name: string;
}

export const DEFAULT_TABLE = "jobyard_outbox";
export const DEFAULT_SCHEMA = "public";

/** @throws QueueError `BAD_OPTION` */
export function postgresPlace(schema: string = DEFAULT_SCHEMA, table: string = DEFAULT_TABLE): Place {
  if (!isIdentifier(schema, 48) || schema.startsWith("pg_"))
    throw badOption("schema", `${RULE}, at most 48, and must not begin with pg_`);
  return { schema, table: checkTable(table), name: `${schema}.${table}` };
}

/** @throws QueueError `BAD_OPTION` */
export function sqlitePlace(table: string = DEFAULT_TABLE): Place {
  if (table.startsWith("sqlite_"))
    throw badOption("table", "must not begin with sqlite_, which SQLite keeps to itself");
  return { schema: null, table: checkTable(table), name: table };
}

/** The statement for this place. It is written for `public.jobyard_outbox`, on SQLite for `jobyard_outbox`. */
export function inPlace(text: string, { schema, table }: Place): string {
  // With a schema only what stands in one is a table; the name alone is an index's.
  return text.replaceAll(OUR_NAMES, (_, qualified: string | undefined, suffix: string) => {
    const own = `"${table}${suffix}"`;
    return qualified === undefined || schema === null ? own : `"${schema}".${own}`;
  });
}

const OUR_NAMES = /\b(public\.)?jobyard_outbox(\w*)/g;
const RULE = "has to begin with a letter or _ and have a-z, 0-9 and _ only";

/** With our longest suffix it stays under the 63 bytes of Postgres. */
function checkTable(table: string): string {
  if (isIdentifier(table, 40)) return table;
  throw badOption("table", `${RULE}, at most 40`);
}

const isIdentifier = (name: unknown, longest: number): boolean =>
  typeof name === "string" && name.length <= longest && /^[a-z_][a-z0-9_]*$/.test(name);
