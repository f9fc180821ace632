/** The contract, on every server that there is. */

import "@jobyard/servers/vitest";
import { describeAdapter } from "@jobyard/core/testing";
import { inject } from "vitest";
import { modelRuns, openBench } from "./bench.ts";

for (const server of inject("redis"))
  describeAdapter(`${server.product} ${server.version}`, openBench(server), {
    ...{ strictOrder: false, modelRuns: modelRuns(1) },
  });
