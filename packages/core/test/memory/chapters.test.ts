import { describe } from "vitest";
import { manualPorts } from "../../src/testing/manual-ports.ts";
import { memoryAdapter } from "../../src/testing/memory/memory-adapter.ts";
import { examplesOn } from "../../src/testing/suite/stage.ts";
import { readdirSync } from "node:fs";
const open = async () => {
  const ports = manualPorts();
  const adapter = memoryAdapter({ ports });
  return { adapter, advance: async (ms: number) => { ports.advance(ms); await new Promise((r) => setImmediate(r)); }, close: () => adapter.close() };
};
for (const f of readdirSync(new URL("../../src/testing/suite/", import.meta.url))) {
  if (f === "stage.ts") continue;
  const m = await import(`../../src/testing/suite/${f}`);
  for (const [k, v] of Object.entries(m)) if (k.endsWith("Chapter")) describe(f, () => (k === "orderChapter" ? (v as any)({}) : (v as any))(examplesOn(open as any)));
}
