/** What tests of the documentation stand on: a database of their own, and roles. */

import pg from "pg";
import { onTestFinished } from "vitest";
import { postgresAdapter } from "../src/index.ts";

let made = 0;

export interface Place {
  readonly url: string;
  readonly client: pg.Client;
  /** A role that may log in and has no rights, under a name that no other test has. */
  readonly role: (name: string) => Promise<{ readonly name: string; readonly url: string }>;
}

/** A database of the test's own, with our tables where the pages have them, or without. */
export async function openPlace(server: string, tables: "ours" | "none"): Promise<Place> {
  made += 1;
  const tag = `docs_${process.pid}_${made}`;
  const admin = await connected(server);
  await admin.query(`CREATE DATABASE ${tag}`);
  const url = within(server, { database: tag });
  if (tables === "ours") {
    const adapter = postgresAdapter({ url });
    await adapter.schema.migrate();
    await adapter.close();
  }
  const client = await connected(url);
  const roles: string[] = [];
  onTestFinished(async () => {
    await client.end();
    await admin.query(`DROP DATABASE ${tag} WITH (FORCE)`);
    for (const role of roles) await admin.query(`DROP ROLE ${role}`);
    await admin.end();
  });
  return {
    url,
    client,
    role: async (name) => {
      const own = `${name}_${tag}`;
      await admin.query(`CREATE ROLE ${own} LOGIN PASSWORD 'jobyard'`);
      roles.push(own);
      return { name: own, url: within(url, { user: own }) };
    },
  };
}

export async function connected(url: string): Promise<pg.Client> {
  const client = new pg.Client(url);
  await client.connect();
  return client;
}

export function within(
  url: string,
  { database, user }: { readonly database?: string; readonly user?: string },
): string {
  const parsed = new URL(url);
  if (database !== undefined) parsed.pathname = `/${database}`;
  if (user !== undefined) Object.assign(parsed, { username: user, password: "jobyard" });
  return parsed.href;
}
