/** Says whether a database is ready for this version of Jobyard, and what to run if it is not. */

import { type Adapter, QueueError } from "@jobyard/core";
import type { SchemaStatus } from "@jobyard/core/adapter";

/** Migrations are explicit: nothing but this command changes a schema, unless the caller asks for it. */
export const MIGRATE = "npx jobyard migrate";

/** @throws QueueError `SCHEMA_MISSING`, `SCHEMA_TOO_OLD`, `SCHEMA_TOO_NEW` */
export async function checkSchema(adapter: Adapter): Promise<void> {
  const problem = schemaProblem(await adapter.schema.status());
  if (problem) throw problem;
}

/** What is wrong, as an error to throw or to print; `null` if the schema is ready. */
export function schemaProblem({ state, current, wanted }: SchemaStatus): QueueError | null {
  switch (state) {
    case "ready":
      return null;
    case "missing":
      return new QueueError("SCHEMA_MISSING", MIGRATE);
    case "old":
      return new QueueError("SCHEMA_TOO_OLD", `version ${current}, needed ${wanted}: ${MIGRATE}`);
    case "new":
      return new QueueError("SCHEMA_TOO_NEW", `version ${current}, this installation knows ${wanted}`);
  }
}
