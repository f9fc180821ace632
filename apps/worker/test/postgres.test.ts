/** What keeps a worker from starting on Postgres: said in one line, without the password. */

import { urlOf } from "@jobyard/servers/vitest";
import { expect, inject, test } from "vitest";
import { place } from "./worker-process.ts";

const server = (change: Readonly<Partial<URL>>): string => {
  const [newest] = inject("postgres");
  if (newest === undefined) throw new Error("no server was provided");
  return Object.assign(new URL(urlOf(newest)), { password: "s3cret", ...change }).href;
};

test.each([
  ["a server that is not there", () => server({ port: "1" }), /^error\[STORE_UNAVAILABLE\]: 127\.0\.0\.1:1\//],
  ["a role that is none", () => server({ username: "nobody" }), /^error\[STORE_UNAVAILABLE\]: .*"nobody"/],
  ["a database that is none", () => server({ pathname: "/nowhere" }), /^error\[STORE_UNAVAILABLE\]: .*"nowhere"/],
  [
    "a schema without tables",
    () => server({ search: "?schema=nothing_here" }),
    /^error\[SCHEMA_MISSING\]: postgres:\/\/\*\*\*@.*: npx jobyard migrate\. /,
  ],
])("%s", async (_what, url, text) => {
  const { code, err } = await (await place()).worker({ JOBYARD_URL: url() }).finished;
  expect(err).toMatch(text);
  expect(err.split("\n")).toHaveLength(2);
  expect(err).not.toContain("s3cret");
  expect(code).toBe(1);
});
