/** What keeps a worker from starting on Postgres, said in one line without the password; and what does not end it. */

import { startPostgres, throwaway } from "@jobyard/servers";
import { urlOf } from "@jobyard/servers/vitest";
import { openYard } from "jobyard";
import { expect, inject, test } from "vitest";
import { greet } from "./fixtures/jobs.ts";
import { place } from "./worker-process.ts";

const server = (change: Readonly<Partial<URL>>): string => {
  const [newest] = inject("postgres");
  if (newest === undefined) throw new Error("no server was provided");
  return Object.assign(new URL(urlOf(newest)), change).href;
};
const password = "s3cret";

test.each([
  [
    "a server that is not there",
    () => server({ port: "1", password }),
    /^error\[STORE_UNAVAILABLE\]: 127\.0\.0\.1:1\//,
  ],
  ["a role that is none", () => server({ username: "nobody", password }), /^error\[STORE_UNAVAILABLE\]: .*"nobody"/],
  ["a database that is none", () => server({ pathname: "/nowhere" }), /^error\[STORE_UNAVAILABLE\]: .*"nowhere"/],
  [
    "a schema without tables",
    () => server({ search: "?schema=nothing_here" }),
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
  const yard = await openYard(own.url, { schema: "migrate" });
  const worker = (await place()).worker({ JOBYARD_URL: own.url, PORT: "0", JOBYARD_LEASE: "1s" });
  const { health } = await worker.logged("worker.startup");
  const readiness = async (): Promise<number> => (await fetch(`${health}/readyz`)).status;
  expect(await readiness()).toBe(200);

  expect(await own.crash()).not.toEqual([]);
  await expect.poll(readiness, { timeout: 15_000 }).toBe(503);
  expect((await fetch(`${health}/healthz`)).status).toBe(200);
  await expect(yard.enqueue(greet.definition, { secret: "none" })).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });

  await own.restart();
  const { id } = await yard.enqueue(greet.definition, { secret: "none" });
  expect(await worker.logged("job.completed")).toMatchObject({ id });
  await expect.poll(readiness, { timeout: 15_000 }).toBe(200);
  worker.kill("SIGTERM");
  expect(await worker.finished).toEqual({ code: 0, signal: null, err: "" });
  await yard.close();
});
