/** Says whether a database is ready for this version of Jobyard, and what to run if it is not. */

import { type Adapter, QueueError } from "@jobyard/core";
import { type SchemaStatus, shellWord } from "@jobyard/core/adapter";
import { DEFAULT_URL, printableUrl, schemeOf, urlFlag } from "./url.ts";

/**
 * The command that helps, for this database and no other. Migrations are explicit: nothing else changes a schema,
 * unless the caller asks for it.
 */
export function migrateCommand(url: string): string {
  if (url === DEFAULT_URL) return "npx jobyard migrate";
  // How a file is opened does not matter here, and its name always helps.
  const flag = schemeOf(url) === "sqlite" ? ` --url ${shellWord(printableUrl(url))}` : urlFlag(url);
  return `npx jobyard migrate${flag}`;
}

/** @throws QueueError `SCHEMA_MISSING`, `SCHEMA_TOO_OLD`, `SCHEMA_TOO_NEW` */
export async function checkSchema(adapter: Adapter, url: string): Promise<void> {
  const problem = schemaProblem(await adapter.schema.status(), url);
  if (problem) throw problem;
}

/** What is wrong, as an error to throw or to print; `null` if the schema is ready. */
export function schemaProblem({ state, current, wanted }: SchemaStatus, url: string): QueueError | null {
  switch (state) {
    case "ready":
      return null;
    case "missing":
      return new QueueError("SCHEMA_MISSING", `${printableUrl(url)}: ${migrateCommand(url)}`);
    case "old":
      return new QueueError("SCHEMA_TOO_OLD", `version ${current}, needed ${wanted}: ${migrateCommand(url)}`);
    case "new":
      return new QueueError("SCHEMA_TOO_NEW", `version ${current}, this installation knows ${wanted}`);
  }
}
