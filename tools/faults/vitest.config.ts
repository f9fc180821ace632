/** The tests that guard adapters and engine, with a fault in what they guard. Run by run.ts, not by `npm test`. */

import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { seededFault } from "./vite-plugin.ts";

const conditions = ["@jobyard/source", "module", "node", "development|production"];

/** The one server of the whole run is there. */
const onPostgres = process.env["JOBYARD_TEST_POSTGRES_URL"] !== undefined;

export default defineConfig({
  root: join(import.meta.dirname, "../.."),
  plugins: [seededFault()],
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    pool: "forks",
    // A module from the cache would be one without the fault.
    fsModuleCache: false,
    testTimeout: onPostgres ? 60_000 : 20_000,
    bail: 1,
    ...(onPostgres && { globalSetup: "tools/servers/src/vitest/postgres.ts" }),
    include: [
      "packages/core/test/memory/conformance.test.ts",
      "packages/core/test/{engine,decisions}/*.test.ts",
      "packages/adapter-sqlite/test/conformance.test.ts",
      "packages/adapter-postgres/test/*.test.ts",
    ],
  },
});
