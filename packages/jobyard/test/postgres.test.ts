/** The command line on Postgres: it makes its tables when it is told to, and says what is wrong without the password. */

import { dropPostgresSchema } from "@jobyard/adapter-postgres";
import { urlOf } from "@jobyard/servers/vitest";
import { describe, expect, inject, onTestFinished, test } from "vitest";
import { expectError, type Finished, place } from "./jobyard.ts";

const here = await place({ migrate: false });

const serverUrl = (): string => {
  const [server] = inject("postgres");
  if (server === undefined) throw new Error("no server was provided");
  return urlOf(server);
};

let schemas = 0;

/** Runs commands on a schema that goes with the test. */
function onPostgres(): {
  run: (...args: readonly string[]) => Promise<Finished>;
  ok: (...args: readonly string[]) => Promise<string>;
} {
  schemas += 1;
  const schema = `cli_${process.pid}_${schemas}`;
  onTestFinished(() => dropPostgresSchema({ url: serverUrl(), schema }));
  const url = new URL(serverUrl());
  url.searchParams.set("schema", schema);
  const run = (...args: readonly string[]): Promise<Finished> =>
    here.runWith({ env: { JOBYARD_URL: url.href } }, ...args);
  return {
    run,
    ok: async (...args) => {
      const finished = await run(...args);
      expect(finished, args.join(" ")).toMatchObject({ code: 0 });
      return finished.out;
    },
  };
}

describe("a schema without our tables", () => {
  test("is never made by looking or enqueuing, and by migrate once", async () => {
    const { run, ok } = onPostgres();
    for (const args of [["queues"], ["enqueue", "greet", "{}"], ["migrate", "--check"]])
      expectError(await run(...args), "SCHEMA_MISSING", 1, "npx jobyard migrate");
    expect(await ok("migrate")).toMatch(/migrated: 0 → \d+\.$/m);
    expect(await ok("migrate")).toMatch(/is up to date/);
    await ok("enqueue", "greet", "{}", "--queue", "mail");
    expect(await ok("queues")).toMatch(/^mail /m);
  });
});

test("bench leaves nothing behind, and touches nothing", async () => {
  const { run, ok } = onPostgres();
  expect(await ok("bench", "--time", "30ms")).toMatch(/^postgres, durability "power"/);
  expectError(await run("queues"), "SCHEMA_MISSING", 1, "npx jobyard migrate");
});

describe("what is wrong", () => {
  test("with the server is said without the password", async () => {
    const url = "postgres://ada:secr3t@127.0.0.1:1/jobs";
    const finished = await here.run("queues", "--url", url);
    expectError(finished, "STORE_UNAVAILABLE", 1, "127.0.0.1:1/jobs");
    const doctor = await here.run("doctor", "--url", url);
    expect(doctor.code).toBe(1);
    expect(doctor.out).toMatch(/^ {2}STORE +STORE_UNAVAILABLE: /m);
    expect(finished.out + finished.err + doctor.out + doctor.err).not.toContain("secr3t");
  });

  test("with the URL is wrong use", async () => {
    const finished = await here.run("queues", "--url", "postgresql://ada:secr3t@localhost/jobs?shema=x");
    expectError(finished, "BAD_URL", 2, "the nearest is schema");
    expect(finished.err).not.toContain("secr3t");
  });
});
