/**
 * Which adapter serves which URL.
 *
 * Adapters are optional peers: each is imported when a URL first asks for it, so nobody installs a
 * database client that they do not use.
 */

import { statSync } from "node:fs";
import { type Adapter, QueueError } from "@jobyard/core";
import { migrateCommand } from "./schema.ts";
import { printableUrl, schemeOf } from "./url.ts";

export interface AdapterOptions {
  /** Make the database if there is none. Otherwise that is an error, so a typo in a path makes no file. */
  readonly create: boolean;
}

interface Backend {
  readonly package: string;
  /** `null`: this version knows the scheme and has no adapter for it yet. */
  readonly open: ((url: string, options: AdapterOptions) => Promise<Adapter>) | null;
}

const POSTGRES: Backend = { package: "@jobyard/adapter-postgres", open: null };
const REDIS: Backend = { package: "@jobyard/adapter-redis", open: null };

const BACKENDS: ReadonlyMap<string, Backend> = new Map([
  ["sqlite", { package: "@jobyard/adapter-sqlite", open: openSqlite }],
  ["postgres", POSTGRES],
  ["postgresql", POSTGRES],
  ["redis", REDIS],
  ["rediss", REDIS],
]);

/**
 * Opens the store without looking at its schema.
 *
 * @throws QueueError `BAD_URL`, `ADAPTER_MISSING`, `SCHEMA_MISSING`, `STORE_UNAVAILABLE`, `STORE_BUSY`, `STORE_CORRUPT`
 */
export async function openAdapter(url: string, options: AdapterOptions): Promise<Adapter> {
  const scheme = schemeOf(url);
  const backend = BACKENDS.get(scheme ?? "");
  if (!backend) throw new QueueError("BAD_URL", badUrl(url, scheme), { field: "JOBYARD_URL" });
  if (!backend.open) throw new QueueError("ADAPTER_MISSING", laterVersion(backend.package));
  try {
    return await backend.open(url, options);
  } catch (error) {
    const missing = missingPackage(error);
    throw missing === null ? error : adapterMissing(missing, error);
  }
}

async function openSqlite(url: string, { create }: AdapterOptions): Promise<Adapter> {
  const { parseSqliteUrl, sqliteAdapter } = await import("@jobyard/adapter-sqlite");
  const parsed = parseSqliteUrl(url);
  if (!create && parsed.file !== IN_MEMORY) {
    const missing = whatIsMissing(parsed.file);
    if (missing !== null)
      throw new QueueError(
        "SCHEMA_MISSING",
        `${parsed.file} ${missing}. Correct the URL, or make it: ${migrateCommand(url)}`,
      );
  }
  return sqliteAdapter({ ...parsed, create });
}

/** `null` also for a file that may not be looked at: the adapter says better what is wrong with it. */
function whatIsMissing(file: string): string | null {
  try {
    const found = statSync(file, { throwIfNoEntry: false });
    if (found === undefined) return "does not exist";
    // The adapter would make its tables in it.
    return found.isFile() && found.size === 0 ? "is empty" : null;
  } catch {
    return null;
  }
}
/** SQLite's name for a database without a file. */
const IN_MEMORY = ":memory:";

const badUrl = (url: string, scheme: string | null): string =>
  scheme === null
    ? `${JSON.stringify(printableUrl(url))} has no scheme`
    : `no backend has the scheme ${JSON.stringify(scheme)}`;

const laterVersion = (name: string): string =>
  `this version of jobyard has SQLite only; once a later one is out: npm install jobyard@latest ${name}`;

const adapterMissing = (name: string, cause?: unknown): QueueError =>
  new QueueError("ADAPTER_MISSING", `npm install ${name}`, { cause });

/** The package that an import did not find: an adapter, or the database client that it needs. */
function missingPackage(error: unknown): string | null {
  if (!(error instanceof Error) || !("code" in error) || error.code !== "ERR_MODULE_NOT_FOUND") return null;
  return /Cannot find package '([^']+)'/.exec(error.message)?.[1] ?? null;
}
