/**
 * What Postgres itself does for lists and for work, counted by the server: the same tests that `npm test` runs in a
 * small store, here in one of any size, with the server's milliseconds.
 */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");
const TESTS = ["reading-plans", "writing-plans"].map((name) => `packages/adapter-postgres/test/${name}.test.ts`);

/** In a smaller store the server is right to read some tables from end to end. */
const FEWEST_JOBS = 200_000;

/** Prints as it goes. True if everything is as it should be. */
export async function arePlansGood(jobs: number): Promise<boolean> {
  const vitest = join(ROOT, "node_modules/vitest/vitest.mjs");
  const args = [vitest, "run", "--project", "postgres", "--reporter", "verbose", "--silent=false", ...TESTS];
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    env: { ...process.env, JOBYARD_READING_JOBS: `${Math.max(jobs, FEWEST_JOBS)}` },
    stdio: ["ignore", "inherit", "inherit"],
  });
  const [code] = (await once(child, "exit")) as [number | null];
  return code === 0;
}
