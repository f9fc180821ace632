/**
 * `pnpm model`: plays many random command sequences on each adapter beside the model, in several processes.
 *
 * Options: `--runs <n>` sequences per adapter (20000), `--seed <n>`, `--adapter memory|sqlite`, `--jobs <n>`
 * processes (one per core, at most 4). Exit code 1 if an adapter and the model ever disagree; what is printed then
 * names the seed, the path and the shortest sequence that was found.
 */
import { fork } from "node:child_process";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { modelRun } from "../packages/core/src/testing/model/run.ts";

/** Loaded by the process that needs it. */
const benches = {
  memory: async () => {
    const { manualPorts } = await import("../packages/core/src/testing/manual-ports.ts");
    const { memoryAdapter } = await import("../packages/core/src/testing/memory/memory-adapter.ts");
    return async () => {
      const ports = manualPorts();
      const adapter = memoryAdapter({ ports });
      return { adapter, advance: async (ms) => ports.advance(ms), close: () => adapter.close() };
    };
  },
  sqlite: async () => (await import("../packages/adapter-sqlite/test/bench.ts")).openBench,
};

const { values: options } = parseArgs({
  options: {
    runs: { type: "string", default: "20000" },
    seed: { type: "string", default: "20260101" },
    adapter: { type: "string" },
    jobs: { type: "string", default: String(Math.min(4, availableParallelism())) },
  },
});
const [runs, seed, jobs] = ["runs", "seed", "jobs"].map((name) => wholeNumber(name, options[name]));
const adapters = Object.keys(benches).filter((name) => options.adapter === undefined || options.adapter === name);
if (adapters.length === 0) usage(`adapters are ${Object.keys(benches).join(", ")}`);

if (process.send) await playHere();
else for (const adapter of adapters) if (!(await playEverywhere(adapter))) process.exitCode = 1;

async function playHere() {
  const check = modelRun({ modelRuns: runs, modelSeed: seed }).check(await benches[options.adapter]());
  process.send(await check.catch((error) => ({ error: `${error.message}\n${error.cause?.message ?? ""}` })));
  process.disconnect();
}

/** Each process has its own share and its own seed. */
async function playEverywhere(adapter) {
  const started = performance.now();
  const shares = Array.from({ length: Math.min(jobs, runs) }, (_, n) => share(adapter, n));
  const answers = await Promise.all(shares);
  const errors = answers.flatMap((answer) => answer.error ?? []);
  for (const error of errors) console.error(`${adapter}: ${error}`);
  if (errors.length > 0) return false;
  const total = {};
  for (const answer of answers)
    for (const [figure, n] of Object.entries(answer)) total[figure] = (total[figure] ?? 0) + n;
  const seconds = ((performance.now() - started) / 1_000).toFixed(1);
  console.log(`${adapter}: ${runs} sequences from seed ${seed} in ${seconds} s, no difference`);
  for (const [figure, n] of Object.entries(total)) console.log(`  ${figure.padEnd(18)}${String(n).padStart(12)}`);
  return true;
}

function share(adapter, n) {
  const own = Math.floor((runs * (n + 1)) / jobs) - Math.floor((runs * n) / jobs);
  const args = ["--adapter", adapter, "--runs", `${Math.max(1, own)}`, "--seed", `${seed + n}`];
  const child = fork(import.meta.filename, args, {
    execArgv: ["-C", "@jobyard/source"],
  });
  return new Promise((resolve, reject) => {
    child.once("message", resolve);
    child.once("error", reject);
    child.once("exit", (code) => resolve({ error: `a process ended without an answer (exit code ${code})` }));
  });
}

function wholeNumber(name, text) {
  const value = Number(text);
  return Number.isSafeInteger(value) && value > 0 ? value : usage(`--${name} is a whole number above 0`);
}

function usage(message) {
  console.error(`error: ${message}`);
  process.exit(2);
}
