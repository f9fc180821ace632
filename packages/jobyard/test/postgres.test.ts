/** The command line on Postgres: it makes its tables when it is told to, and says what is wrong without the password. */

import { firstUrl } from "@jobyard/servers/vitest";
import pg from "pg";
import { describe, expect, test } from "vitest";
import { documents, expectError, place } from "./jobyard.ts";
import { expectNothingLeftByStoppedBench } from "./stopped-bench.ts";

const SECRET = "s3cret";

/** The server's own address, with another part here and there. */
const serverUrl = (change?: Readonly<Partial<URL>>): string => firstUrl("postgres", change);

test("a schema without our tables is never made by looking or enqueuing, and by migrate once", async () => {
  const here = await place({ migrate: false });
  for (const args of [["queues"], ["enqueue", "greet", "{}"], ["migrate", "--check"]])
    expectError(await here.run(...args), "SCHEMA_MISSING", 1, "npx jobyard migrate. ");
  const check = await here.run("migrate", "--check", "--json");
  expect(check.code).toBe(1);
  expect(documents("migrate", check.out)).toMatchObject([{ state: "missing", current: 0 }]);
  expect(await here.ok("migrate")).toMatch(/^postgres:\/\/\*\*\*@.* migrated: 0 → \d+\.$/m);
  expect(await here.ok("migrate")).toMatch(/is up to date/);
  await here.ok("enqueue", "greet", "{}", "--queue", "mail");
  expect(await here.ok("queues")).toMatch(/^mail /m);
});

describe("bench", () => {
  const scratches = async (): Promise<readonly string[]> => {
    const client = new pg.Client(serverUrl());
    await client.connect();
    const { rows } = await client.query<{ nspname: string }>(
      "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'jobyard_scratch%'",
    );
    await client.end();
    return rows.map(({ nspname }) => nspname);
  };

  test("leaves nothing behind, and touches nothing", async () => {
    const here = await place({ migrate: false });
    expect(await here.ok("bench", "--time", "30ms")).toMatch(/^postgres, durability "power"/);
    expectError(await here.run("queues"), "SCHEMA_MISSING", 1, "npx jobyard migrate");
    expect(await scratches()).toEqual([]);
  });

  test("that is stopped leaves nothing either", async () => {
    const here = await place({ migrate: false });
    await expectNothingLeftByStoppedBench(here, scratches);
  });
});

describe("what is wrong", () => {
  test.each([
    ["a server that is not there", { port: "1", password: SECRET }, "STORE_UNAVAILABLE", "127.0.0.1:1/postgres: "],
    ["a role that is none", { username: "nobody", password: SECRET }, "STORE_UNAVAILABLE", '"nobody"'],
    ["a database that is none", { pathname: "/nowhere" }, "STORE_UNAVAILABLE", 'database "nowhere" does not exist'],
    [
      "a schema without tables",
      { search: "?schema=nothing_here" },
      "SCHEMA_MISSING",
      "migrate --url '<the same URL>'. ",
    ],
  ] as const)("is said without the password: %s", async (_what, change, code, text) => {
    const here = await place({ migrate: false });
    const url = serverUrl(change);
    const finished = await here.run("queues", "--url", url);
    expectError(finished, code, 1, text);
    const doctor = await here.run("doctor", "--url", url);
    expect(doctor.code).toBe(1);
    expect(doctor.out).toMatch(/^Problems\n {2}(?:STORE +STORE_UNAVAILABLE: |POSTGRES_SCHEMA )/m);
    const all = [finished, doctor].flatMap(({ out, err }) => [out, err]).join();
    expect(all).not.toContain(SECRET);
    expect(all).not.toContain(`:${new URL(url).password}@`);
    expect(all).not.toMatch(/^\s+at /m);
  });

  test("with the URL is wrong use", async () => {
    const here = await place({ migrate: false });
    const finished = await here.run("queues", "--url", serverUrl({ password: SECRET, search: "?shema=x" }));
    expectError(finished, "BAD_URL", 2, "the nearest is schema");
    expect(finished.err).not.toContain(SECRET);
  });
});
