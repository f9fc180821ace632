/**
 * A global setup of Vitest: PostgreSQL servers for the projects that name it, as `inject("postgres")`. It never
 * throws, as that would end the run of all projects; a server that cannot be had is provided as missing.
 */

import pg from "pg";
import type { TestProject } from "vitest/node";
import { availablePostgres } from "../postgres/available.ts";
import { startPostgres, throwaway } from "../postgres/server.ts";
import type { ProvidedPostgres } from "./provided.ts";

interface Servers {
  readonly provided: readonly ProvidedPostgres[];
  readonly stop: () => Promise<void>;
}

/** Servers of this run: all projects share them, though each loads this module for itself. */
interface Shared {
  servers?: Promise<Servers>;
  users: number;
}

const URL_VARIABLE = "JOBYARD_TEST_POSTGRES_URL";
const VERSIONS_VARIABLE = "JOBYARD_TEST_POSTGRES_VERSIONS";
const CONNECT_LIMIT_MS = 10_000;

export default async function setup(project: Pick<TestProject, "provide">): Promise<() => Promise<void>> {
  const shared = sharedInRun();
  shared.users += 1;
  shared.servers ??= start();
  const { provided, stop } = await shared.servers;
  project.provide("postgres", provided);
  return async () => {
    shared.users -= 1;
    if (shared.users > 0) return;
    delete shared.servers;
    await stop();
  };
}

function sharedInRun(): Shared {
  const holder: { [key: symbol]: Shared | undefined } = globalThis;
  const key = Symbol.for("@jobyard/servers/postgres");
  holder[key] ??= { users: 0 };
  return holder[key];
}

async function start(): Promise<Servers> {
  const url = process.env[URL_VARIABLE];
  const servers = await Promise.all(url ? [given(url)] : versions().map(own));
  return {
    provided: servers.map((server) => server.provided),
    stop: async () => {
      await Promise.all(servers.map((server) => server.stop?.()));
    },
  };
}

interface Candidate {
  readonly provided: ProvidedPostgres;
  readonly stop?: () => Promise<void>;
}

/** The major versions that are asked for, else all there are; undefined stands for any. */
function versions(): readonly (number | undefined)[] {
  const wanted = process.env[VERSIONS_VARIABLE];
  if (wanted) return wanted.split(",").map(Number);
  const found = availablePostgres().map((each) => each.major);
  return found.length > 0 ? found : [undefined];
}

async function own(version: number | undefined): Promise<Candidate> {
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

async function given(url: string): Promise<Candidate> {
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
  return { version, missing: error instanceof Error ? error.message : String(error) };
}
