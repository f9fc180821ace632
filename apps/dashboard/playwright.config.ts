import { defineConfig, devices } from "@playwright/test";
import { findBrowser } from "./e2e/browser.ts";
import { type Dashboard, dashboards } from "./e2e/dashboards.ts";
import { ACCOUNTS } from "./e2e/fixtures/accounts.ts";
import type { Options } from "./e2e/fixtures/test.ts";

const isFirst = process.env["JOBYARD_E2E"] === undefined;
const stages = await dashboards();
const browser = await findBrowser();
// The config is loaded again in every worker process.
if (isFirst) process.stderr.write(`[browser] ${browser.source}\n`);

/** What the store answers is shown on every backend; how a page looks and how the server starts, on one. */
const ON_EVERY_BACKEND = "**/{live,login,queues,requeue,viewer}.spec.ts";

export default defineConfig<object, Options>({
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
    // A trace is to be asked for, --trace on: recording one takes half as much again as the test itself.
    screenshot: "only-on-failure",
    launchOptions: {
      args: browser.args,
      ...(browser.executablePath && { executablePath: browser.executablePath }),
      ...(browser.env && { env: { ...(process.env as Record<string, string>), ...browser.env } }),
    },
  },
  projects: stages.map((stage) => ({
    name: stage.backend,
    ...(stage.backend !== "sqlite" && { testMatch: ON_EVERY_BACKEND }),
    use: { baseURL: addressOf(stage), storeUrl: stage.url },
  })),
  webServer: stages.map((stage) => ({
    name: stage.backend,
    command: "node scripts/start.mjs",
    cwd: import.meta.dirname,
    url: `${addressOf(stage)}/api/health`,
    env: {
      JOBYARD_URL: stage.url,
      JOBYARD_DASHBOARD_USERS: ACCOUNTS.map(({ name, role, password }) => `${name}:${role}:${password}`).join(","),
      // Whatever the shell that runs the tests has set must not open the dashboard.
      JOBYARD_DASHBOARD_OPEN: "",
      JOBYARD_DASHBOARD_PASSWORD: "",
      JOBYARD_DASHBOARD_ORIGIN: "",
      HOST: "127.0.0.1",
      PORT: stage.port,
    },
    gracefulShutdown: { signal: "SIGTERM", timeout: 5_000 },
    reuseExistingServer: false,
    timeout: 60_000,
    stdout: "ignore",
  })),
});

function addressOf({ port }: Dashboard): string {
  return `http://127.0.0.1:${port}`;
}
