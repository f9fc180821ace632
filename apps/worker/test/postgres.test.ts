/** What keeps a worker from starting on Postgres, said in one line without the password; and what does not end it. */

import { startPostgres, throwaway } from "@jobyard/servers";
import { firstUrl } from "@jobyard/servers/vitest";
import { expect, test } from "vitest";
import { expectOutageSurvived } from "./outage.ts";
import { place } from "./worker-process.ts";

const password = "s3cret";

test.each([
  [
    "a server that is not there",
    () => firstUrl("postgres", { port: "1", password }),
    /^error\[STORE_UNAVAILABLE\]: 127\.0\.0\.1:1\//,
  ],
  [
    "a role that is none",
    () => firstUrl("postgres", { username: "nobody", password }),
    /^error\[STORE_UNAVAILABLE\]: .*"nobody"/,
  ],
  [
    "a database that is none",
    () => firstUrl("postgres", { pathname: "/nowhere" }),
    /^error\[STORE_UNAVAILABLE\]: .*"nowhere"/,
  ],
  [
    "a schema without tables",
    () => firstUrl("postgres", { search: "?schema=nothing_here" }),
    /^error\[SCHEMA_MISSING\]: postgres:\/\/\*\*\*@.*: npx jobyard migrate\. /,
  ],
])("%s", async (_what, url, text) => {
  const JOBYARD_URL = url();
  const { code, err } = await (await place()).worker({ JOBYARD_URL }).finished;
  expect(err).toMatch(text);
  expect(err.split("\n")).toHaveLength(2);
  expect(err).not.toContain(password);
  expect(err).not.toContain(`:${new URL(JOBYARD_URL).password}@`);
  expect(code).toBe(1);
});

test("a server that is killed and comes back: the same process is not ready, then ready, and works on", async () => {
  await using own = await startPostgres({ settings: throwaway });
  await expectOutageSurvived(own);
});
