/**
 * `pnpm faults`: breaks every promise in every adapter, one at a time, and prints which test noticed.
 *
 * Options: `--adapter memory|sqlite`, `--fault <id>`, `--jobs <n>` (at once), `--json`.
 * Exit code 0 only if every fault was injected (with proof) and caught, and the suite is green without one.
 */

import { parseArgs } from "node:util";
import { ADAPTERS, type AdapterName, type Fault } from "./fault.ts";
import { FAULTS } from "./faults.ts";
import { judge, type Verdict } from "./judge.ts";

const { values: options } = parseArgs({
  options: {
    adapter: { type: "string" },
    fault: { type: "string" },
    jobs: { type: "string", default: "2" },
    json: { type: "boolean", default: false },
  },
});

interface Trial {
  readonly adapter: AdapterName;
  readonly fault: Fault | null;
}

const adapters = ADAPTERS.filter((name) => options.adapter === undefined || options.adapter === name);
const faults = FAULTS.filter((fault) => options.fault === undefined || options.fault === fault.id);
if (adapters.length === 0 || faults.length === 0) {
  console.error(`error: adapters are ${ADAPTERS.join(", ")}; faults are ${FAULTS.map((fault) => fault.id).join(", ")}`);
  process.exit(2);
}

const trials: Trial[] = adapters.flatMap((adapter) => [null, ...faults].map((fault) => ({ adapter, fault })));
const verdicts = new Map<Trial, Verdict>();
await inParallel(trials, Math.max(1, Number(options.jobs)), async (trial) => {
  verdicts.set(trial, await judge(trial.adapter, trial.fault?.id ?? null));
  if (process.stderr.isTTY) process.stderr.write(`\r${verdicts.size}/${trials.length} `);
});

const rows = trials.map((trial) => {
  const verdict = verdicts.get(trial) as Verdict;
  const wanted = trial.fault === null ? "green" : "caught";
  return {
    ok: verdict.outcome === wanted,
    adapter: trial.adapter,
    fault: trial.fault?.id ?? "(none)",
    promise: trial.fault?.promise ?? "the suite itself",
    outcome: verdict.outcome,
    by: verdict.by,
  };
});
if (options.json) for (const row of rows) console.log(JSON.stringify(row));
else printTable(rows);
const bad = rows.filter((row) => !row.ok).length;
console.log(`${rows.length - bad} as they should be, ${bad} not`);
process.exitCode = bad === 0 ? 0 : 1;

function printTable(lines: typeof rows): void {
  const width = (key: "fault" | "promise"): number => Math.max(...lines.map((line) => line[key].length));
  const [faultWidth, promiseWidth] = [width("fault"), width("promise")];
  for (const line of lines)
    console.log(
      `${line.ok ? "ok " : "NOT"} ${line.adapter.padEnd(6)} ${line.fault.padEnd(faultWidth)}  ${line.promise.padEnd(promiseWidth)}  ${line.outcome}${line.by ? `: ${line.by}` : ""}`,
    );
}

async function inParallel<T>(items: readonly T[], width: number, work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  const lane = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: width }, lane));
}
