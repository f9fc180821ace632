/** What tests of the documentation stand on: a database of their own, roles, and the pages. */

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import { describe, expect, onTestFinished, test } from "vitest";
import { postgresAdapter } from "../src/index.ts";

const DOCS = join(import.meta.dirname, "../../../docs");

export const readPage = (name: string): Promise<string> => readFile(join(DOCS, name), "utf8");

/** Code of one language in the section under this heading. */
export function codeUnder(page: string, heading: string, language: string): readonly string[] {
  const [, section = ""] = new RegExp(`^#+ ${heading}$(.*?)(?=^## |^### )`, "ms").exec(`${page}\n## `) ?? [];
  return [...section.matchAll(new RegExp(`^\`\`\`${language}$(.*?)^\`\`\`$`, "gms"))].map(([, text = ""]) => text);
}

/** Links to files and headings that are there. */
export function describeLinks(page: string): void {
  describe("what it points to", () => {
    const links = [...page.matchAll(/\]\((?!https?:)([^)#\s]*)(#[^)\s]+)?\)/g)];
    test.each(links.map(([, path = "", anchor = ""]) => [path, anchor]))("%s%s is there", async (path, anchor) => {
      expect(path === "" || existsSync(join(DOCS, path))).toBe(true);
      if (anchor === "") return;
      const target = path === "" ? page : await readFile(join(DOCS, path), "utf8");
      const headings = [...target.matchAll(/^#+ (.*)$/gm)].map(([, text = ""]) =>
        text
          .toLowerCase()
          .replaceAll(/[^\w\s-]/g, "")
          .replaceAll(" ", "-"),
      );
      expect(headings).toContain(anchor.slice(1));
    });
  });
}

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
