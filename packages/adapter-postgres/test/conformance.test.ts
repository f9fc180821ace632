/** The contract, on the newest server that there is. */

import "@jobyard/servers/vitest";
import { describeAdapter } from "@jobyard/core/testing";
import { inject } from "vitest";
import { modelRuns, openBench } from "./bench.ts";

for (const server of inject("postgres").slice(0, 1))
  describeAdapter(`postgres ${server.version}`, openBench(server), { modelRuns: modelRuns(1) });
