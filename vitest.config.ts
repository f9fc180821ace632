import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { defineConfig, type TestProjectConfiguration } from "vitest/config";
import { LongFilesFirst } from "./scripts/long-files-first.ts";

// Hundreds of processes load the same modules: Node keeps what it made of them.
process.env["NODE_COMPILE_CACHE"] ??= join(tmpdir(), "node-compile-cache");

// Vite's own defaults, with the condition that points the workspace at its source.
const conditions = ["@jobyard/source", "module", "node", "development|production"];
const dashboard = join(import.meta.dirname, "apps/dashboard");

const project = (name: string, ...include: string[]): TestProjectConfiguration => ({
  extends: true,
  test: { name, include, provide: { backend: "sqlite" } },
});

/** Real servers, started once for all projects that ask for them; tests that suit any backend run on Postgres. */
const withPostgres = (name: string, ...include: string[]): TestProjectConfiguration => ({
  extends: true,
  test: { name, include, globalSetup: "./tools/servers/src/vitest/postgres.ts", provide: { backend: "postgres" } },
});

/** The same on Redis. */
const withRedis = (name: string, ...include: string[]): TestProjectConfiguration => ({
  extends: true,
  test: { name, include, globalSetup: "./tools/servers/src/vitest/redis.ts", provide: { backend: "redis" } },
});

/** Of the command line's tests those about what is in a store; the others are about SQLite's file, or about none. */
const COMMAND_LINE = "docs,enqueue,look,operate,operate-matching,set,work";

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    pool: "forks",
    // Vitest leaves one core to itself; on a machine with two, tests that wait for processes would then stand in line.
    maxWorkers: Math.max(3, availableParallelism() - 1),
    sequence: { sequencer: LongFilesFirst },
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
      withRedis("redis", "packages/adapter-redis/test/*.test.ts", "packages/adapter-redis/test/!(outbox)/**/*.test.ts"),
      withPostgres("outbox", "packages/adapter-redis/test/outbox/**/*.test.ts"),
      project("jobyard", "packages/jobyard/test/**/!(postgres|redis).test.ts"),
      withPostgres("jobyard-postgres", `packages/jobyard/test/{${COMMAND_LINE},postgres}.test.ts`),
      withRedis("jobyard-redis", `packages/jobyard/test/{${COMMAND_LINE},redis}.test.ts`),
      project("worker", "apps/worker/test/**/!(postgres|redis).test.ts"),
      withPostgres("worker-postgres", "apps/worker/test/{worker,postgres}.test.ts"),
      withRedis("worker-redis", "apps/worker/test/{worker,redis}.test.ts"),
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
      withPostgres("example-postgres", "examples/*/test/{faults,main,pipeline}.test.ts"),
      withRedis("example-redis", "examples/*/test/{faults,main,pipeline}.test.ts"),
      project("bench", "bench/test/**/*.test.ts"),
      project("tools", "tools/*/test/**/*.test.ts"),
    ],
  },
});
