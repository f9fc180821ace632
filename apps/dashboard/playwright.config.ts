import { mkdtempSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseSqliteUrl, sqliteAdapter } from "@jobyard/adapter-sqlite";
import { defineConfig, devices } from "@playwright/test";
import { findBrowser } from "./e2e/browser.ts";
import { ACCOUNTS } from "./e2e/fixtures/accounts.ts";

// The config is loaded again in every worker process: what must agree goes through the environment.
const first = process.env["JOBYARD_E2E_URL"] === undefined;
process.env["JOBYARD_E2E_PORT"] ??= String(await freePort());
// The tests seed the same database that the dashboard reads.
process.env["JOBYARD_E2E_URL"] ??= `sqlite:${join(mkdtempSync(join(tmpdir(), "jobyard-e2e-")), "e2e.db")}`;
const port = process.env["JOBYARD_E2E_PORT"];
const url = process.env["JOBYARD_E2E_URL"];
const browser = await findBrowser();
if (first) {
  process.stderr.write(`[browser] ${browser.source}\n`);
  await createDatabase(url);
}

export default defineConfig({
  testDir: "e2e",
  forbidOnly: !!process.env["CI"],
  workers: 2,
  // Limits for a busy machine; what is waited for comes within a second or two.
  timeout: 60_000,
  expect: { timeout: 15_000 },
  fullyParallel: true,
  reporter: "list",
  use: {
    ...devices["Desktop Chrome"],
    baseURL: `http://127.0.0.1:${port}`,
    trace: "retain-on-failure",
    launchOptions: {
      args: browser.args,
      ...(browser.executablePath && { executablePath: browser.executablePath }),
      ...(browser.env && { env: { ...(process.env as Record<string, string>), ...browser.env } }),
    },
  },
  webServer: {
    command: "node scripts/start.mjs",
    cwd: import.meta.dirname,
    url: `http://127.0.0.1:${port}/api/health`,
    env: {
      JOBYARD_URL: url,
      JOBYARD_DASHBOARD_USERS: ACCOUNTS.map(({ name, role, password }) => `${name}:${role}:${password}`).join(","),
      // Whatever the shell that runs the tests has set must not open the dashboard.
      JOBYARD_DASHBOARD_OPEN: "",
      JOBYARD_DASHBOARD_PASSWORD: "",
      JOBYARD_DASHBOARD_ORIGIN: "",
      HOST: "127.0.0.1",
      PORT: port,
    },
    gracefulShutdown: { signal: "SIGTERM", timeout: 5_000 },
    reuseExistingServer: false,
    timeout: 60_000,
    stdout: "ignore",
  },
});

async function createDatabase(address: string): Promise<void> {
  const adapter = sqliteAdapter(parseSqliteUrl(address));
  await adapter.schema.migrate();
  await adapter.close();
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
