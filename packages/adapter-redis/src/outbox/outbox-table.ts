/** The tables as text, for those who keep their migrations in a tool of their own. */

import { badOption, checkInteger, checkKnown, checkOneOf } from "@jobyard/core/adapter";
import { MIGRATIONS, TABLE_VERSION } from "./migrations.ts";
import { inPlace, postgresPlace, sqlitePlace } from "./place.ts";

export interface OutboxTableOptions {
  /** Postgres only. Default `public`. */
  readonly schema?: string;
  /** Default `jobyard_outbox`. */
  readonly table?: string;
  /** The version that is there already. Default 0: nothing is. */
  readonly from?: number;
}

/**
 * SQL that brings the tables from one version to the newest, to be run once and as a whole. Empty if there is nothing
 * to do.
 *
 * @throws QueueError `BAD_OPTION`
 */
export function outboxTable(dialect: "postgres" | "sqlite", options: OutboxTableOptions = {}): string {
  checkOneOf(dialect, ["postgres", "sqlite"], "dialect");
  checkKnown(options, ["schema", "table", "from"], "outboxTable");
  if (dialect === "sqlite" && options.schema !== undefined)
    throw badOption("schema", "SQLite has none; give the name of the table");
  const place = dialect === "sqlite" ? sqlitePlace(options.table) : postgresPlace(options.schema, options.table);
  const from = checkInteger(options.from ?? 0, 0, TABLE_VERSION, "from");
  return inPlace(scriptsFrom(dialect, from).join("\n"), place);
}

/** One script per version that is missing, for the default names; each says at its end which version it made. */
export const scriptsFrom = (dialect: "postgres" | "sqlite", from: number): readonly string[] =>
  MIGRATIONS.slice(from).map((migration, index) => {
    const version = from + index + 1;
    const said = `INSERT INTO public.jobyard_outbox_version (version, compatible_from) VALUES (${version}, ${migration.compatibleFrom});\n`;
    return `${migration[dialect].trimStart()}\n${said}`;
  });
