import "server-only";

/** Opens the backend that the configuration names. The only place that knows an adapter. */

import { statSync } from "node:fs";
import { parsePostgresUrl, postgresAdapter } from "@jobyard/adapter-postgres";
import { redisAdapter } from "@jobyard/adapter-redis";
import { parseSqliteUrl, sqliteAdapter } from "@jobyard/adapter-sqlite";
import { type Board, createYard, QueueError } from "@jobyard/core";
import type { Adapter } from "@jobyard/core/adapter";

export interface Backend {
  /** As it stands in addresses. */
  readonly name: string;
  /** `sqlite`, `postgres`, `redis`. */
  readonly kind: string;
  readonly board: Board;
  readonly records: Adapter["records"];
  close(): Promise<void>;
}

/** @throws QueueError `BAD_URL`, `SCHEMA_MISSING`, `SCHEMA_TOO_OLD`, `SCHEMA_TOO_NEW`, `STORE_UNAVAILABLE`, … */
export async function openBackend({ name, url }: { readonly name: string; readonly url: string }): Promise<Backend> {
  const adapter = openAdapter(url);
  try {
    await checkSchema(adapter);
  } catch (error) {
    await adapter.close();
    throw error;
  }
  const yard = createYard({ adapter });
  return { name, kind: adapter.name, board: yard.board, records: adapter.records, close: () => yard.close() };
}

/** What makes the tables. The texts around it are those of `openYard` in the jobyard package. */
const MIGRATE = "npx jobyard migrate";

/** A file that does not exist is a wrong address, not a wish for an empty database. */
function openAdapter(url: string): Adapter {
  if (url.startsWith("sqlite:")) {
    const options = parseSqliteUrl(url);
    if (isMissing(options.file)) throw new QueueError("SCHEMA_MISSING", `${options.file} does not exist: ${MIGRATE}`);
    return sqliteAdapter({ ...options, create: false });
  }
  if (/^postgres(?:ql)?:/.test(url)) return postgresAdapter(parsePostgresUrl(url));
  if (/^rediss?(?:\+(?:sentinel|cluster))?:/.test(url)) return redisAdapter({ url });
  throw new QueueError("BAD_URL", `JOBYARD_URL begins with ${JSON.stringify(url.split(":", 1)[0])}`, {
    field: "JOBYARD_URL",
  });
}

async function checkSchema(adapter: Adapter): Promise<void> {
  const { state, current, wanted } = await adapter.schema.status();
  if (state === "missing") throw new QueueError("SCHEMA_MISSING", MIGRATE);
  if (state === "old") throw new QueueError("SCHEMA_TOO_OLD", `version ${current}, needed ${wanted}: ${MIGRATE}`);
  if (state === "new") throw new QueueError("SCHEMA_TOO_NEW", `version ${current}, this installation knows ${wanted}`);
}

/** False also for a file that may not be looked at: the adapter says better what is wrong with it. */
function isMissing(file: string): boolean {
  try {
    return statSync(file, { throwIfNoEntry: false }) === undefined;
  } catch {
    return false;
  }
}
