import "server-only";

/** Opens the backend that the configuration names. The only place that knows an adapter. */

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

/** A file that does not exist is a wrong address, not a wish for an empty database. */
function openAdapter(url: string): Adapter {
  if (url.startsWith("sqlite:")) return sqliteAdapter({ ...parseSqliteUrl(url), create: false });
  throw new QueueError("BAD_URL", `JOBYARD_URL begins with ${JSON.stringify(url.split(":", 1)[0])}`, {
    field: "JOBYARD_URL",
  });
}

async function checkSchema(adapter: Adapter): Promise<void> {
  const { state, current, wanted } = await adapter.schema.status();
  if (state === "missing") throw new QueueError("SCHEMA_MISSING", "Run: jobyard migrate");
  if (state === "old")
    throw new QueueError(
      "SCHEMA_TOO_OLD",
      `It has version ${current}, this dashboard needs ${wanted}. Run: jobyard migrate`,
    );
  if (state === "new")
    throw new QueueError("SCHEMA_TOO_NEW", `It has version ${current}, this dashboard knows ${wanted}`);
}
