/** `postgres:` URLs: a schema in a database that is there already. Opening it makes nothing. */

import { randomBytes } from "node:crypto";
import type { Backend } from "./backends.ts";

export const postgres: Backend = {
  hasTables: true,

  async open(url) {
    const { parsePostgresUrl, postgresAdapter } = await import("@jobyard/adapter-postgres");
    return postgresAdapter(parsePostgresUrl(url));
  },

  absence: async () => null,

  /** Of a server that does not answer there is nothing to be seen. */
  surroundings: async () => [],

  /** A schema of its own; one that a second Ctrl+C leaves behind can be dropped by its name. */
  async scratch(url) {
    const { dropPostgresSchema, parsePostgresUrl } = await import("@jobyard/adapter-postgres");
    // Process ids alone are no names: other machines use the same database.
    const schema = `jobyard_scratch_${randomBytes(6).toString("hex")}`;
    const [place = "", query] = url.split("?");
    const parameters = new URLSearchParams(query);
    parameters.set("schema", schema);
    const scratch = `${place}?${parameters}`;
    let isRemoved: Promise<void> | null = null;
    return {
      shared: true,
      url: scratch,
      remove: () => {
        isRemoved ??= dropPostgresSchema(parsePostgresUrl(scratch));
        return isRemoved;
      },
    };
  },
};
