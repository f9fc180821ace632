/** The dashboards under test: one for each backend, on a store of its own that the tests seed. */

import { randomUUID } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parsePostgresUrl, postgresAdapter } from "@jobyard/adapter-postgres";
import { redisAdapter } from "@jobyard/adapter-redis";
import { parseSqliteUrl, sqliteAdapter } from "@jobyard/adapter-sqlite";
import type { Adapter } from "@jobyard/core/adapter";
import { startPostgres, startRedis, throwaway } from "@jobyard/servers";

export interface Dashboard {
  readonly backend: "sqlite" | "postgres" | "redis";
  /** Of its store. */
  readonly url: string;
  readonly port: string;
}

const VARIABLE = "JOBYARD_E2E";

/**
 * Makes the stores, with the servers that two of them need: they end with this process. Every process of a run gets the
 * same answer, through the environment.
 */
export async function dashboards(): Promise<readonly Dashboard[]> {
  const made = process.env[VARIABLE];
  if (made !== undefined) return JSON.parse(made) as Dashboard[];
  const [postgres, redis] = await Promise.all([
    startPostgres({ settings: throwaway, auth: "scram-sha-256" }),
    startRedis({ requirepass: randomUUID() }),
  ]);
  const all: readonly Dashboard[] = [
    {
      backend: "sqlite",
      url: `sqlite:${join(mkdtempSync(join(tmpdir(), "jobyard-e2e-")), "e2e.db")}`,
      port: await freePort(),
    },
    { backend: "postgres", url: postgres.url, port: await freePort() },
    { backend: "redis", url: redis.url, port: await freePort() },
  ];
  for (const dashboard of all) await makeTables(dashboard.url);
  process.env[VARIABLE] = JSON.stringify(all);
  return all;
}

export function openAdapter(url: string): Adapter {
  if (url.startsWith("sqlite:")) return sqliteAdapter(parseSqliteUrl(url));
  return url.startsWith("redis:") ? redisAdapter({ url }) : postgresAdapter(parsePostgresUrl(url));
}

async function makeTables(url: string): Promise<void> {
  const adapter = openAdapter(url);
  await adapter.schema.migrate();
  await adapter.close();
}

/** One that nobody listens on. */
export function freePort(): Promise<string> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(String(port)));
    });
  });
}
