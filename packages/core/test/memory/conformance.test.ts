/** The memory adapter keeps every promise that an adapter makes. */

import { describeAdapter } from "../../src/testing/describe-adapter.ts";
import { manualPorts } from "../../src/testing/manual-ports.ts";
import { memoryAdapter } from "../../src/testing/memory/memory-adapter.ts";

describeAdapter("memory", async () => {
  const ports = manualPorts();
  const adapter = memoryAdapter({ ports });
  return {
    adapter,
    advance: async (ms) => ports.advance(ms),
    close: () => adapter.close(),
  };
});
