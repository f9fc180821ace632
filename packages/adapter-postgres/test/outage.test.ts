/** A worker whose network swallows everything for a while, in silence: it goes on by itself. */

import { createYard, defineJob } from "@jobyard/core";
import { startProxy } from "@jobyard/servers";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { postgresAdapter } from "../src/index.ts";
import { dropSchema, newSchema, serverUrl, until } from "./ground.ts";

/** Longer than a call may take, and than a lease of this worker lasts. */
const OUTAGE_MS = 20_000;

test("work goes on within 30 s, every job is run, and nothing is lost or left hanging", {
  timeout: 120_000,
}, async () => {
  const schema = newSchema();
  onTestFinished(() => dropSchema(schema));
  const proxy = await startProxy({ to: serverUrl() });
  onTestFinished(() => proxy.stop());
  const here = createYard({ adapter: postgresAdapter({ url: serverUrl(), schema }) });
  onTestFinished(() => here.close());
  await here.adapter.schema.migrate();
  const there = createYard({ adapter: postgresAdapter({ url: proxy.url, schema }) });
  onTestFinished(() => there.close());

  const step = defineJob("step", { payload: z.object({ n: z.number() }) });
  const ran = new Set<number>();
  const run = step.handler(async ({ payload: { n } }) => {
    ran.add(n);
  });
  const worker = there.worker({ jobs: [run], lease: "5s" });
  await worker.start();
  const enqueue = (n: number): Promise<unknown> => here.enqueue(step, { n });
  for (let n = 0; n < 20; n++) await enqueue(n);
  await until("the first jobs are run", () => ran.size === 20);

  proxy.blackhole();
  const end = performance.now() + OUTAGE_MS;
  let n = 20;
  while (performance.now() < end) {
    await enqueue(n);
    n += 1;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  expect(ran.size).toBe(20);
  proxy.heal();
  await until("all are run", () => ran.size === n, 30_000);
  await until("the line is empty", async () => {
    const phases = await here.adapter.reader.phases([], 1_000);
    return phases.completed.n === n;
  });
});
