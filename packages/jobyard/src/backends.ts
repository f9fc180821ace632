/**
 * Which adapter serves which URL.
 *
 * Adapters are optional peers: each is imported when a URL first asks for it, so nobody installs a
 * database client that they do not use.
 */

import { type Adapter, type Diagnosis, QueueError } from "@jobyard/core";
import type { SchemaStatus } from "@jobyard/core/adapter";
import { postgres } from "./postgres-backend.ts";
import { redis } from "./redis-backend.ts";
import { sqlite } from "./sqlite-backend.ts";
import { printableUrl, schemeOf } from "./url.ts";

export interface AdapterOptions {
  /** Make the database if there is none. Otherwise that is an error, so a typo in a path makes no file. */
  readonly create: boolean;
}

/** A throw-away store like the one that a URL names, in the same place. */
export interface Scratch {
  readonly url: string;
  /** A second connection sees the same jobs; false in memory. */
  readonly shared: boolean;
  /** Twice is fine. A file goes at once, also while the process ends. */
  remove(): void | Promise<void>;
}

/** A database that opening would have to make. */
export interface Absence {
  readonly status: SchemaStatus;
  /** As an error to throw or to print. */
  readonly problem: QueueError;
}

export interface Backend {
  /** False: it keeps jobs without tables, so there is nothing that a migration could make or change. */
  readonly hasTables: boolean;
  open(url: string, options: AdapterOptions): Promise<Adapter>;
  /** `null` if there is a database, so that opening it makes none. */
  absence(url: string): Promise<Absence | null>;
  /** What can be said of the place without opening the database. */
  surroundings(url: string): Promise<readonly Diagnosis[]>;
  scratch(url: string): Promise<Scratch>;
}

const BACKENDS: ReadonlyMap<string, Backend> = new Map([
  ["sqlite", sqlite],
  ["postgres", postgres],
  ["postgresql", postgres],
  ["redis", redis],
  ["rediss", redis],
  ["redis+sentinel", redis],
  ["rediss+sentinel", redis],
  ["redis+cluster", redis],
  ["rediss+cluster", redis],
]);

/**
 * Opens the store without looking at its schema.
 *
 * @throws QueueError `BAD_URL`, `ADAPTER_MISSING`, `SCHEMA_MISSING`, `STORE_UNAVAILABLE`, `STORE_BUSY`, `STORE_CORRUPT`
 */
export const openAdapter = (url: string, options: AdapterOptions): Promise<Adapter> =>
  ask(url, (backend) => backend.open(url, options));

/** @throws QueueError `BAD_URL` */
export const hasTables = (url: string): boolean => backendOf(url).hasTables;

/** @throws QueueError `BAD_URL`, `ADAPTER_MISSING` */
export const absenceOf = (url: string): Promise<Absence | null> => ask(url, (backend) => backend.absence(url));

/** @throws QueueError `BAD_URL`, `ADAPTER_MISSING` */
export const surroundingsOf = (url: string): Promise<readonly Diagnosis[]> =>
  ask(url, (backend) => backend.surroundings(url));

/** @throws QueueError `BAD_URL`, `ADAPTER_MISSING` */
export const scratchBeside = (url: string): Promise<Scratch> => ask(url, (backend) => backend.scratch(url));

async function ask<T>(url: string, question: (backend: Backend) => Promise<T>): Promise<T> {
  const backend = backendOf(url);
  try {
    return await question(backend);
  } catch (error) {
    const missing = missingPackage(error);
    throw missing === null ? error : adapterMissing(missing, error);
  }
}

function backendOf(url: string): Backend {
  const scheme = schemeOf(url);
  const backend = BACKENDS.get(scheme ?? "");
  if (!backend) throw new QueueError("BAD_URL", badUrl(url, scheme), { field: "JOBYARD_URL" });
  return backend;
}

const badUrl = (url: string, scheme: string | null): string =>
  scheme === null
    ? `${JSON.stringify(printableUrl(url))} has no scheme`
    : `no backend has the scheme ${JSON.stringify(scheme)}`;

const adapterMissing = (name: string, cause?: unknown): QueueError =>
  new QueueError("ADAPTER_MISSING", `npm install ${name}`, { cause });

/** The package that an import did not find: an adapter, or the database client that it needs. */
function missingPackage(error: unknown): string | null {
  if (!(error instanceof Error) || !("code" in error) || error.code !== "ERR_MODULE_NOT_FOUND") return null;
  return /Cannot find package '([^']+)'/.exec(error.message)?.[1] ?? null;
}
