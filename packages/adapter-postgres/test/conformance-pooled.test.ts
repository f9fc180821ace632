/** The contract through PgBouncer in transaction mode, where there is one: see `isPgBouncerWanted`. */

import { describeAdapter } from "@jobyard/core/testing";
import { isPgBouncerWanted, type PgBouncer, startPgBouncer } from "@jobyard/servers";
import { type ProvidedPostgres, urlOf } from "@jobyard/servers/vitest";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { modelRuns, openBench } from "./bench.ts";

for (const server of inject("postgres").slice(0, 1))
  if (isPgBouncerWanted()) pooled(server);
  else
    test("without a PgBouncer nothing is pooled, and that is said", () =>
      expect(startPgBouncer({ upstream: urlOf(server) })).rejects.toThrow("PgBouncer"));

function pooled(server: ProvidedPostgres): void {
  let pooler: PgBouncer;
  const open = openBench(server, { through: () => pooler.url });
  beforeAll(async () => {
    pooler = await startPgBouncer({ upstream: urlOf(server) });
  });
  afterAll(() => pooler.stop());

  describeAdapter(`postgres ${server.version} through PgBouncer`, open, { modelRuns: modelRuns(1 / 4) });

  test("it is named by examine", async () => {
    const bench = await open();
    const told = await bench.adapter.examine();
    await bench.close();
    expect(told.find(({ code }) => code === "POSTGRES_POOLER")).toMatchObject({ level: "advice" });
  });
}
