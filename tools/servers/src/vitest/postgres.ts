/**
 * A global setup of Vitest: PostgreSQL servers for the projects that name it, as `inject("postgres")`. It never
 * throws, as that would end the run of all projects; a server that cannot be had is provided as missing.
 */

import pg from "pg";
import { availablePostgres } from "../postgres/available.ts";
import { startPostgres, throwaway } from "../postgres/server.ts";
import type { ProvidedPostgres } from "./provided.ts";
import { type Candidate, type Provider, reasonOf, shareInRun } from "./shared.ts";

const URL_VARIABLE = "JOBYARD_TEST_POSTGRES_URL";
const VERSIONS_VARIABLE = "JOBYARD_TEST_POSTGRES_VERSIONS";
const CONNECT_LIMIT_MS = 10_000;

export default function setup(project: Provider): Promise<() => Promise<void>> {
  return shareInRun("postgres", start, (servers) => project.provide("postgres", servers));
}

function start(): Promise<readonly Candidate<ProvidedPostgres>[]> {
  const url = process.env[URL_VARIABLE];
  return Promise.all(url ? [given(url)] : versions().map(own));
}

/** The major versions that are asked for, else all there are; undefined stands for any. */
function versions(): readonly (number | undefined)[] {
  const wanted = process.env[VERSIONS_VARIABLE];
  if (wanted) return wanted.split(",").map(Number);
  const found = availablePostgres().map((each) => each.major);
  return found.length > 0 ? found : [undefined];
}

async function own(version: number | undefined): Promise<Candidate<ProvidedPostgres>> {
  try {
    const server = await startPostgres({
      ...(version !== undefined && { version }),
      settings: { ...throwaway, max_connections: 300 },
    });
    return { provided: { version: server.version, url: server.url }, stop: server.stop };
  } catch (error) {
    return { provided: missing(version === undefined ? "of any version" : String(version), error) };
  }
}

async function given(url: string): Promise<Candidate<ProvidedPostgres>> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_LIMIT_MS });
  client.on("error", () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ server_version: string }>("SHOW server_version");
    return { provided: { version: rows[0]?.server_version.split(" ")[0] ?? "", url } };
  } catch (error) {
    return { provided: missing(`of ${URL_VARIABLE}`, error) };
  } finally {
    await client.end();
  }
}

function missing(version: string, error: unknown): ProvidedPostgres {
  return { version, missing: reasonOf(error) };
}
