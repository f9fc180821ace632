/** What a worker does when the server of its store is killed, and comes back. */

import { openYard } from "jobyard";
import { expect } from "vitest";
import { greet } from "./fixtures/jobs.ts";
import { place } from "./worker-process.ts";

interface OwnServer {
  readonly url: string;
  crash(): Promise<readonly number[]>;
  restart(): Promise<unknown>;
}

/** The same process is not ready, then ready, and works on. */
export async function expectOutageSurvived(server: OwnServer): Promise<void> {
  const yard = await openYard(server.url, { schema: "migrate" });
  const worker = (await place()).worker({ JOBYARD_URL: server.url, PORT: "0", JOBYARD_LEASE: "1s" });
  const { health } = await worker.logged("worker.startup");
  const readiness = async (): Promise<number> => (await fetch(`${health}/readyz`)).status;
  expect(await readiness()).toBe(200);

  expect(await server.crash()).not.toEqual([]);
  await expect.poll(readiness, { timeout: 15_000 }).toBe(503);
  expect((await fetch(`${health}/healthz`)).status).toBe(200);
  await expect(yard.enqueue(greet.definition, { secret: "none" })).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });

  await server.restart();
  const { id } = await yard.enqueue(greet.definition, { secret: "none" });
  expect(await worker.logged("job.completed")).toMatchObject({ id });
  await expect.poll(readiness, { timeout: 15_000 }).toBe(200);
  worker.kill("SIGTERM");
  expect(await worker.finished).toEqual({ code: 0, signal: null, err: "" });
  await yard.close();
}
