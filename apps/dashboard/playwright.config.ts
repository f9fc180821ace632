import { mkdtempSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineConfig, devices } from "@playwright/test";
import { findBrowser } from "./e2e/browser.ts";

// The config is loaded again in every worker process: what must agree goes through the environment.
process.env["JOBYARD_E2E_PORT"] ??= String(await freePort());
// The tests seed the same database that the dashboard reads.
process.env["JOBYARD_E2E_URL"] ??= `sqlite:${join(mkdtempSync(join(tmpdir(), "jobyard-e2e-")), "e2e.db")}`;
const port = process.env["JOBYARD_E2E_PORT"];
const url = process.env["JOBYARD_E2E_URL"];
const browser = await findBrowser();
if (!process.env["TEST_WORKER_INDEX"]) process.stderr.write(`[browser] ${browser.source}\n`);

export default defineConfig({
  testDir: "e2e",
  forbidOnly: !!process.env["CI"],
  workers: 2,
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
    env: { JOBYARD_URL: url, JOBYARD_DASHBOARD_OPEN: "1", HOST: "127.0.0.1", PORT: port },
    gracefulShutdown: { signal: "SIGTERM", timeout: 5_000 },
    reuseExistingServer: false,
    timeout: 60_000,
    stdout: "ignore",
  },
});

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
