/** The code in the README is run as it stands there, on a database of its own. */

import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { postgresAdapter } from "../src/index.ts";
import { checkedOptions } from "../src/options.ts";
import { serverUrl } from "./ground.ts";

const packageFolder = join(import.meta.dirname, "..");
const readme = await readFile(join(packageFolder, "README.md"), "utf8");
const blocks = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].flatMap((match) => match[1] ?? []);
const database = `readme_${process.pid}`;
let url = "";

const onServer = async (statement: string): Promise<void> => {
  const client = new pg.Client(serverUrl());
  await client.connect();
  await client.query(statement);
  await client.end();
};

beforeAll(async () => {
  await onServer(`CREATE DATABASE ${database}`);
  url = Object.assign(new URL(serverUrl()), { pathname: `/${database}` }).href;
  const adapter = postgresAdapter({ url });
  await adapter.schema.migrate();
  await adapter.close();
});
afterAll(() => onServer(`DROP DATABASE ${database} WITH (FORCE)`));

/** In the package's own folder, where its imports are found. */
async function run(code = ""): Promise<string> {
  const flags = ["-C", "@jobyard/source", "--input-type=module", "-e", code];
  const env = { ...process.env, DATABASE_URL: url };
  const { stdout } = await promisify(execFile)(process.execPath, flags, { cwd: packageFolder, env });
  return stdout.trim();
}

test("the ten lines greet", async () => {
  expect(await run(blocks[0])).toBe("Hello Ada");
});

test("the order and its job are there together", async () => {
  expect(await run(blocks[1])).toBe("parcels: 1 open");
});

test("there are no other examples", () => {
  expect(blocks).toHaveLength(2);
});

test("its options are those that there are, with their defaults", () => {
  const { url: _, ports, ...options } = checkedOptions({ url: "postgres://localhost/jobs" });
  expect(ports).toBeDefined();
  const [, table = ""] = /^## Options of `postgresAdapter`$(.*?)^As a URL/ms.exec(readme) ?? [];
  const rows = [...table.matchAll(/^\| `(\w+)` +\| (\S.*?) +\|/gm)].map(([, name = "", value = ""]) => [
    name,
    JSON.parse(value.replaceAll("`", "")),
  ]);
  expect(Object.fromEntries(rows)).toEqual(options);
});
