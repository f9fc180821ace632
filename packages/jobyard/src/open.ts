/** A yard from a URL. */

import { createYard, type Yard, type YardOptions } from "@jobyard/core";
import { openAdapter } from "./backends.ts";
import { checkSchema } from "./schema.ts";
import { DEFAULT_URL } from "./url.ts";

export interface OpenOptions extends Omit<YardOptions, "adapter"> {
  /**
   * Make the database, with its tables, if there is none: what a SQLite file needs to begin with. Default true.
   * `false`: a missing one is an error, so that a typo in a path makes no file.
   */
  readonly create?: boolean;
  /**
   * `check` (default): a schema that is not this version's is an error that names the command to run.
   * `migrate`: it is brought up to date first; for programs that own their database.
   */
  readonly schema?: "check" | "migrate";
}

/**
 * Opens the yard behind a URL: `sqlite:<file>`, `postgres://…`, or `redis://…` (also `rediss://`, and both with
 * `+sentinel` or `+cluster`).
 *
 * @param url - `sqlite:./jobyard.db` if not given
 * @throws QueueError `BAD_URL`, `ADAPTER_MISSING`, `SCHEMA_MISSING`, `SCHEMA_TOO_OLD`, `SCHEMA_TOO_NEW`,
 *   `STORE_UNAVAILABLE`, `STORE_UNSAFE`, `STORE_BUSY`, `STORE_CORRUPT`
 */
export async function openYard(url: string = DEFAULT_URL, options: OpenOptions = {}): Promise<Yard> {
  const { create = true, schema = "check", ...yardOptions } = options;
  const adapter = await openAdapter(url, { create });
  try {
    if (schema === "migrate") await adapter.schema.migrate();
    await checkSchema(adapter, url);
    return createYard({ ...yardOptions, adapter });
  } catch (error) {
    await adapter.close();
    throw error;
  }
}
