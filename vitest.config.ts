import { join } from "node:path";
import { defineConfig, type TestProjectConfiguration } from "vitest/config";

// Vite's own defaults, with the condition that points the workspace at its source.
const conditions = ["@jobyard/source", "module", "node", "development|production"];
const dashboard = join(import.meta.dirname, "apps/dashboard");

const project = (name: string, ...include: string[]): TestProjectConfiguration => ({
  extends: true,
  test: { name, include },
});

/** Real servers, started once for all projects that ask for them. */
const withPostgres = (name: string, ...include: string[]): TestProjectConfiguration => ({
  extends: true,
  test: { name, include, globalSetup: "./tools/servers/src/vitest/postgres.ts" },
});

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    pool: "forks",
    testTimeout: 60_000,
    hookTimeout: 60_000,
    coverage: {
      provider: "v8",
      include: ["{packages,apps,examples}/*/src/**/*.{ts,tsx}"],
      reporter: ["text", "lcov"],
    },
    projects: [
      project("core", "packages/core/test/**/*.test.ts"),
      project("sqlite", "packages/adapter-sqlite/test/**/*.test.ts"),
      withPostgres("postgres", "packages/adapter-postgres/test/**/*.test.ts"),
      withPostgres("jobyard", "packages/jobyard/test/**/*.test.ts"),
      project("worker", "apps/worker/test/**/*.test.ts"),
      {
        extends: true,
        resolve: {
          alias: [
            { find: /^@\//, replacement: `${dashboard}/src/` },
            // Outside of React's server condition this package throws on import.
            { find: "server-only", replacement: join(dashboard, "node_modules/server-only/empty.js") },
          ],
        },
        test: {
          name: "dashboard",
          include: ["apps/dashboard/src/**/*.test.{ts,tsx}", "apps/dashboard/test/**/*.test.{ts,tsx}"],
        },
      },
      project("example", "examples/*/test/**/*.test.ts"),
      project("bench", "bench/test/**/*.test.ts"),
      project("tools", "tools/*/test/**/*.test.ts"),
    ],
  },
});
