import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@playwright/test";
import Database from "better-sqlite3";
import { type Dashboard, dashboards, freePort } from "./dashboards.ts";

const app = join(import.meta.dirname, "..");
const PASSWORD = { JOBYARD_DASHBOARD_PASSWORD: "a password" };

/** Starts the dashboard as people do and waits for it to stop by itself. */
function start(
  env: Readonly<Record<string, string>>,
): Promise<{ readonly code: number | null; readonly errors: string }> {
  const { PATH = "" } = process.env;
  const child = spawn(process.execPath, ["scripts/start.mjs"], {
    cwd: app,
    env: { PATH, NODE_ENV: "production", ...env },
    stdio: ["ignore", "ignore", "pipe"],
    timeout: 15_000,
  });
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => {
    errors += chunk.toString();
  });
  return new Promise((resolve) => child.once("exit", (code) => resolve({ code, errors })));
}

const stores = await dashboards();
const storeOn = (backend: Dashboard["backend"]): string => stores.find((one) => one.backend === backend)?.url ?? "";
const goodUrl = (): string => storeOn("sqlite");
const SECRET = "s3cret";
const postgresUrl = (change: Readonly<Partial<URL>>): string =>
  Object.assign(new URL(storeOn("postgres")), change).href;

const redisUrl = (change: Readonly<Partial<URL>>): string => Object.assign(new URL(storeOn("redis")), change).href;

/** Exit code 2 as in every command of Jobyard; what failed otherwise is 1. */
const WRONG_USE: ReadonlySet<string> = new Set(["CONFIG_INVALID", "BAD_URL"]);

const CASES: readonly (readonly [what: string, code: string, text: RegExp, env: () => Record<string, string>])[] = [
  ["nobody could log in", "CONFIG_INVALID", /JOBYARD_DASHBOARD_PASSWORD/, () => ({ JOBYARD_URL: goodUrl() })],
  [
    "open beyond loopback",
    "CONFIG_INVALID",
    /loopback only/,
    () => ({ JOBYARD_URL: goodUrl(), JOBYARD_DASHBOARD_OPEN: "1", HOST: "0.0.0.0" }),
  ],
  [
    "passwords over plain http beyond loopback",
    "CONFIG_INVALID",
    /plain http/,
    () => ({ JOBYARD_URL: goodUrl(), HOST: "0.0.0.0", ...PASSWORD }),
  ],
  [
    "an unknown role",
    "CONFIG_INVALID",
    /no role boss/,
    () => ({ JOBYARD_URL: goodUrl(), JOBYARD_DASHBOARD_USERS: "ana:boss:secret" }),
  ],
  ["a bad URL", "BAD_URL", /mysql/, () => ({ JOBYARD_URL: "mysql://localhost/jobs", ...PASSWORD })],
  [
    "no database file",
    "SCHEMA_MISSING",
    /nowhere\.db does not exist: npx jobyard migrate\. /,
    () => ({ JOBYARD_URL: `sqlite:${join(tmpdir(), "nowhere.db")}`, ...PASSWORD }),
  ],
  [
    "no schema",
    "SCHEMA_MISSING",
    /\]: npx jobyard migrate\. The database has no Jobyard tables/,
    () => ({ JOBYARD_URL: `sqlite:${foreignDatabase()}`, ...PASSWORD }),
  ],
  [
    "not a database",
    "STORE_CORRUPT",
    /not a Jobyard database/,
    () => ({ JOBYARD_URL: `sqlite:${noDatabase()}`, ...PASSWORD }),
  ],
  [
    "a wrong password for Postgres",
    "STORE_UNAVAILABLE",
    /password authentication failed.*Check the role and the password/,
    () => ({ JOBYARD_URL: postgresUrl({ password: SECRET }), ...PASSWORD }),
  ],
  [
    "no Postgres server",
    "STORE_UNAVAILABLE",
    /127\.0\.0\.1:1\/.*Nobody listens there/,
    () => ({ JOBYARD_URL: postgresUrl({ password: SECRET, port: "1" }), ...PASSWORD }),
  ],
  [
    "no schema in Postgres",
    "SCHEMA_MISSING",
    /\]: npx jobyard migrate\. The database has no Jobyard tables/,
    () => ({ JOBYARD_URL: postgresUrl({ search: "?schema=nothing_here" }), ...PASSWORD }),
  ],
  [
    "a slip in the URL of Postgres",
    "BAD_URL",
    /the nearest is schema/,
    () => ({ JOBYARD_URL: postgresUrl({ password: SECRET, search: "?shema=jobs" }), ...PASSWORD }),
  ],
  [
    "a wrong password for Redis",
    "STORE_UNAVAILABLE",
    /WRONGPASS.*Check user and password in the URL/,
    () => ({ JOBYARD_URL: redisUrl({ password: SECRET }), ...PASSWORD }),
  ],
  [
    "no Redis server",
    "STORE_UNAVAILABLE",
    /127\.0\.0\.1:1\/.*Nobody listens there/,
    () => ({ JOBYARD_URL: redisUrl({ password: SECRET, port: "1" }), ...PASSWORD }),
  ],
  [
    "a slip in the URL of Redis",
    "BAD_URL",
    /there is no parameter "prefx"/,
    () => ({ JOBYARD_URL: redisUrl({ password: SECRET, search: "?prefx=jobs" }), ...PASSWORD }),
  ],
];

for (const [what, code, text, env] of CASES)
  test(`start is refused: ${what}`, async () => {
    const { code: exit, errors } = await start({ PORT: await freePort(), ...env() });
    expect(errors).toMatch(new RegExp(`^error\\[${code}\\]: `, "m"));
    expect(errors).toMatch(text);
    expect(errors).not.toMatch(/\n\s+at /);
    expect(errors).not.toContain(SECRET);
    expect(exit).toBe(WRONG_USE.has(code) ? 2 : 1);
  });

test("start is refused: the port is in use", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? String(address.port) : "";
  const { code, errors } = await start({ JOBYARD_URL: goodUrl(), PORT: port, ...PASSWORD });
  expect(errors).toBe(
    `error[PORT_IN_USE]: 127.0.0.1:${port}. The port is taken by another program. Set PORT to a free one.\n`,
  );
  expect(code).toBe(1);
  server.close();
});

test("open without a login: this machine by its own name, and no other name", async () => {
  const port = await freePort();
  const { PATH = "" } = process.env;
  const env = {
    PATH,
    NODE_ENV: "production",
    PORT: port,
    JOBYARD_URL: goodUrl(),
    JOBYARD_DASHBOARD_OPEN: "1",
  } as const;
  const child = spawn(process.execPath, ["scripts/start.mjs"], { cwd: app, env, stdio: "ignore", timeout: 25_000 });
  try {
    await expect.poll(() => statusOf(port, "/api/health", "localhost").catch(() => 0), { timeout: 15_000 }).toBe(200);
    const list = `/api/trpc/queues.list?input=${encodeURIComponent('{"backend":"main"}')}`;
    expect(await statusOf(port, list, `127.0.0.1:${port}`)).toBe(200);
    expect(await statusOf(port, list, `localhost:${port}`)).toBe(200);
    expect(await statusOf(port, list, `evil.example:${port}`)).toBe(401);
    expect(await statusOf(port, "/", "evil.example")).toBe(307);
  } finally {
    child.kill();
  }
});

/** As a browser would ask that was told that `host` is this machine. */
function statusOf(port: string, path: string, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const call = request({ host: "127.0.0.1", port, path, headers: { host } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    call.once("error", reject);
    call.end();
  });
}

test("what is published names those whose work it holds", () => {
  const notices = readFileSync(join(app, "dist/THIRD-PARTY-NOTICES.txt"), "utf8");
  for (const name of [
    "next",
    "react",
    "@base-ui/react",
    "@tanstack/react-query",
    "@trpc/server",
    "geist",
    "lucide-react",
  ])
    expect(notices).toMatch(new RegExp(`^${name} \\d`, "m"));
  expect(notices).toMatch(/^nuqs \d[\s\S]*^tailwindcss \d[\s\S]*^zod \d/m);
  expect(notices).toContain("Permission is hereby granted, free of charge");
});

const folder = (): string => mkdtempSync(join(tmpdir(), "jobyard-start-"));

function noDatabase(): string {
  const file = join(folder(), "notes.db");
  writeFileSync(file, "These are notes, not a database. ".repeat(100));
  return file;
}

/** Somebody else's database. */
function foreignDatabase(): string {
  const file = join(folder(), "shop.db");
  const database = new Database(file);
  database.exec("CREATE TABLE orders (id INTEGER PRIMARY KEY)");
  database.close();
  return file;
}
