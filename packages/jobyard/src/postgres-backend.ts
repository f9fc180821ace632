/** `postgres:` URLs: a schema in a database that is there already. Opening it makes nothing. */

import type { Backend } from "./backends.ts";
import { serverScratch } from "./server-scratch.ts";

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
    const nameFor = (tag: string): string => `jobyard_scratch_${tag}`;
    return serverScratch(url, "schema", nameFor, (scratch) => dropPostgresSchema(parsePostgresUrl(scratch)));
  },
};
