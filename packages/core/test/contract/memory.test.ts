import { describeAdapter, manualPorts, memoryAdapter, type OpenBench } from "../../src/testing/index.ts";

const open: OpenBench = async () => {
  const ports = manualPorts();
  const adapter = memoryAdapter({ ports });
  return {
    adapter,
    advance: async (ms) => ports.advance(ms),
    close: () => adapter.close(),
  };
};

describeAdapter("memory", open);
