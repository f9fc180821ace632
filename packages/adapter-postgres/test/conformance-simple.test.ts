/** The contract in the simple protocol: values as literals, for poolers and proxies that know nothing else. */

import "@jobyard/servers/vitest";
import { describeAdapter } from "@jobyard/core/testing";
import { inject } from "vitest";
import { modelRuns, openBench } from "./bench.ts";

for (const server of inject("postgres").slice(0, 1))
  describeAdapter(`postgres ${server.version}, simple protocol`, openBench(server, { protocol: "simple" }), {
    modelRuns: modelRuns(1 / 8),
  });
