/** `sqlite:` URLs: a file, with what SQLite keeps beside it. */

import { rmSync, statSync } from "node:fs";
import { QueueError } from "@jobyard/core";
import type { Backend } from "./backends.ts";
import { migrateCommand } from "./schema.ts";

/** SQLite's name for a database without a file. */
const IN_MEMORY = ":memory:";

export const sqlite: Backend = {
  hasTables: true,

  async open(url, { create }) {
    const { parseSqliteUrl, sqliteAdapter } = await import("@jobyard/adapter-sqlite");
    const parsed = parseSqliteUrl(url);
    const missing = create ? null : whatIsMissing(parsed.file);
    if (missing !== null) throw absent(parsed.file, missing, url);
    return sqliteAdapter({ ...parsed, create });
  },

  async absence(url) {
    const { parseSqliteUrl, SCHEMA_VERSION } = await import("@jobyard/adapter-sqlite");
    const { file } = parseSqliteUrl(url);
    const missing = whatIsMissing(file);
    if (missing === null) return null;
    return {
      status: { state: "missing", current: 0, wanted: SCHEMA_VERSION },
      problem: absent(file, missing, url),
    };
  },

  async surroundings(url) {
    const { examineUnopened, parseSqliteUrl } = await import("@jobyard/adapter-sqlite");
    return examineUnopened(parseSqliteUrl(url).file);
  },

  async scratch(url) {
    const { parseSqliteUrl } = await import("@jobyard/adapter-sqlite");
    const { file } = parseSqliteUrl(url);
    if (file === IN_MEMORY) return { url, shared: false, remove: () => {} };
    const scratch = `${file}.scratch-${process.pid}`;
    const [path = "", query] = url.split("?");
    return {
      shared: true,
      url: `${path}.scratch-${process.pid}${query === undefined ? "" : `?${query}`}`,
      remove: () => {
        for (const beside of ["", "-wal", "-shm"]) rmSync(`${scratch}${beside}`, { force: true });
      },
    };
  },
};

const absent = (file: string, missing: string, url: string): QueueError =>
  new QueueError("SCHEMA_MISSING", `${file} ${missing}. Correct the URL, or make it: ${migrateCommand(url)}`);

/** `null` also for a file that may not be looked at: the adapter says better what is wrong with it. */
function whatIsMissing(file: string): string | null {
  if (file === IN_MEMORY) return null;
  try {
    const found = statSync(file, { throwIfNoEntry: false });
    if (found === undefined) return "does not exist";
    // The adapter would make its tables in it.
    return found.isFile() && found.size === 0 ? "is empty" : null;
  } catch {
    return null;
  }
}
