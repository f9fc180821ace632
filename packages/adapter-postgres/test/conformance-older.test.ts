/** The contract, on every other server that there is; where there is but one, its name is asked for. */

import "@jobyard/servers/vitest";
import { describeAdapter } from "@jobyard/core/testing";
import { expect, inject, test } from "vitest";
import { modelRuns, openBench } from "./bench.ts";

const older = inject("postgres").slice(1);

test("every version is run once", () => {
  const versions = inject("postgres").map(({ version }) => version);
  expect(new Set(versions).size).toBe(older.length + 1);
});

for (const server of older)
  describeAdapter(`postgres ${server.version}`, openBench(server), { modelRuns: modelRuns(1 / 4) });
