/** `pnpm soak`: exit code 0 if every promise of a long life was kept, 1 if one was broken, 2 for a wrong command. */

import { cpus } from "node:os";
import { type Plan, planOf, USAGE } from "./plan.ts";
import { line, report } from "./print.ts";
import type { Sample } from "./sample.ts";
import { soak } from "./soak.ts";

function planOrUsage(): Plan {
  try {
    return planOf(process.argv.slice(2));
  } catch (error) {
    console.error(`error: ${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
    process.exit(2);
  }
}

const plan = planOrUsage();
let last: Sample | null = null;
const verdict = await soak(plan, (sample) => {
  if (last !== null && sample.ms - last.ms < plan.every * 1_000) return;
  console.error(line(sample, last));
  last = sample;
});
const machine = { node: process.version, cpus: cpus().length, model: cpus()[0]?.model ?? "unknown" };
if (plan.json) console.log(JSON.stringify({ at: new Date().toISOString(), machine, plan, ...verdict }, null, 2));
else console.log(report(verdict));
process.exitCode = verdict.findings.every(({ kept }) => kept) ? 0 : 1;
