/** A yard from a URL. */

import { createYard, type Yard, type YardOptions } from "@jobyard/core";
import { openAdapter } from "./backends.ts";
import { checkSchema } from "./schema.ts";
import { DEFAULT_URL } from "./url.ts";

export interface OpenOptions extends Omit<YardOptions, "adapter"> {
  /**
   * `check` (default): a database that is missing, or whose schema is not this version's, is an error
   * that names the command to run. `migrate`: it is made and brought up to date first; for programs that
   * own their database, such as tests and single-machine tools.
   */
  readonly schema?: "check" | "migrate";
}

/**
 * Opens the yard behind a URL: `sqlite:<file>`, `postgres://…`, `redis://…` or `rediss://…`.
 *
 * @param url - `sqlite:./jobyard.db` if not given
 * @throws QueueError `BAD_URL`, `ADAPTER_MISSING`, `SCHEMA_MISSING`, `SCHEMA_TOO_OLD`, `SCHEMA_TOO_NEW`,
 *   `STORE_UNAVAILABLE`, `STORE_BUSY`, `STORE_CORRUPT`
 */
export async function openYard(url: string = DEFAULT_URL, options: OpenOptions = {}): Promise<Yard> {
  const { schema = "check", ...yardOptions } = options;
  const adapter = await openAdapter(url, { create: schema === "migrate" });
  try {
    if (schema === "migrate") await adapter.schema.migrate();
    await checkSchema(adapter);
    return createYard({ ...yardOptions, adapter });
  } catch (error) {
    await adapter.close();
    throw error;
  }
}
