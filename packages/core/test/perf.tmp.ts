import { createYard, defineJob } from "@jobyard/core";
import { memoryAdapter } from "../src/testing/memory/memory-adapter.ts";
const any = { "~standard": { version: 1 as const, vendor: "t", validate: (value: unknown) => ({ value }) } };
const adapter = memoryAdapter();
let inAdapter = 0;
const L = adapter.leaser as any;
for (const k of ["claim", "settle", "extend"]) { const f = L[k]; L[k] = (...a: any[]) => { const t = performance.now(); const r = f(...a); inAdapter += performance.now() - t; return r; }; }
const c = Number(process.argv[2] ?? 100), n = Number(process.argv[3] ?? 50000);
const yard = createYard({ adapter });
const a = defineJob("a", { payload: any });
for (let round = 0; round < 4; round++) {
  let t = performance.now();
  await yard.enqueueMany(a, Array.from({ length: n }, (_, i) => ({ i, text: "x".repeat(80) })));
  const enq = performance.now() - t;
  const worker = yard.worker({ jobs: [a.handler(async () => {})], queues: { default: { concurrency: c } } });
  inAdapter = 0;
  t = performance.now(); const cpu = process.cpuUsage();
  await worker.drain();
  const ms = performance.now() - t; const u = process.cpuUsage(cpu);
  console.log({ enqUs: enq / n * 1000, drainUs: ms / n * 1000, adapterUs: inAdapter / n * 1000, engineUs: (ms - inAdapter) / n * 1000, cpuUs: (u.user + u.system) / n, completed: worker.status.completed });
}
await yard.close();
