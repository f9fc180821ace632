/** The tests that guard adapters and engine, with a fault in what they guard. Run by run.ts, not by `npm test`. */

import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { seededFault } from "./vite-plugin.ts";

const conditions = ["@jobyard/source", "module", "node", "development|production"];

/** The one server of the whole run is there: of each kind, what makes it known to tests. */
const SETUPS: Readonly<Record<string, string>> = {
  JOBYARD_TEST_POSTGRES_URL: "tools/servers/src/vitest/postgres.ts",
  JOBYARD_TEST_REDIS_URL: "tools/servers/src/vitest/redis.ts",
};
const setups = Object.entries(SETUPS).flatMap(([name, file]) => (process.env[name] === undefined ? [] : [file]));

export default defineConfig({
  root: join(import.meta.dirname, "../.."),
  plugins: [seededFault()],
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    pool: "forks",
    // A module from the cache would be one without the fault.
    fsModuleCache: false,
    testTimeout: setups.length > 0 ? 60_000 : 20_000,
    hookTimeout: setups.length > 0 ? 60_000 : 10_000,
    bail: 1,
    globalSetup: setups,
    include: [
      "packages/core/test/memory/conformance.test.ts",
      "packages/core/test/{engine,decisions}/*.test.ts",
      "packages/adapter-sqlite/test/conformance.test.ts",
      "packages/adapter-postgres/test/*.test.ts",
      "packages/adapter-redis/test/*.test.ts",
    ],
  },
});
