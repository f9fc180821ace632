/**
 * `pnpm scale`: a store of a million jobs, and how long everything takes that the dashboard's lists show of it.
 *
 * Options: `--backend sqlite|postgres|redis`, `--jobs <n>`, `--seed <n>`, `--rounds <n>`, `--folder <path>` where stores are kept,
 * `--http` to ask the built dashboard in its own process besides, `--make` to make the store and stop, `--json`.
 * On Postgres the plans of its statements are judged in a second store of that size: see plans.ts.
 * Exit code 0 only if every line is as it should be: see the limits in report.ts.
 */

import { parseArgs } from "node:util";
import { openServer } from "./measure/http.ts";
import { measure } from "./measure/measure.ts";
import { openProcedures, type Procedures } from "./measure/procedures.ts";
import { arePlansGood } from "./plans.ts";
import { HEAD, type Judged, judge, LIMITS_MS, printLine } from "./report.ts";
import type { OpenStore } from "./store/full-store.ts";
import { openPostgres } from "./store/postgres.ts";
import { openRedis } from "./store/redis.ts";
import { openSqlite } from "./store/sqlite.ts";

const { values: options } = parseArgs({
  options: {
    backend: { type: "string", default: "sqlite" },
    jobs: { type: "string", default: "1000000" },
    seed: { type: "string", default: "1" },
    rounds: { type: "string", default: "5" },
    folder: { type: "string" },
    http: { type: "boolean", default: false },
    make: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});
const LIMITS = `ok: an indexed list within ${LIMITS_MS.indexed}, a search within ${LIMITS_MS.search}`;
const BACKENDS: Readonly<Record<string, OpenStore>> = {
  sqlite: openSqlite,
  postgres: openPostgres,
  redis: openRedis,
};
const open = BACKENDS[options.backend] ?? fail(`--backend is ${Object.keys(BACKENDS).join(" or ")}`);
const jobs = wholeNumber("jobs", options.jobs, 1_000);
const rounds = wholeNumber("rounds", options.rounds, 1);

const store = await open({
  jobs,
  seed: wholeNumber("seed", options.seed, 0),
  onProgress: (text) => process.stderr.isTTY && process.stderr.write(`\r${text} `),
  ...(options.folder && { folder: options.folder }),
});
process.stderr.write(`store: ${store.path}\n`);
if (!options.make) {
  const judged = [
    ...(await run("in process", openProcedures)),
    ...(options.http ? await run("over HTTP", openServer) : []),
  ];
  await store.close();
  const plansAreGood = options.backend !== "postgres" || (await arePlansGood(jobs));
  const bad = judged.filter(({ faults }) => faults.length > 0).length;
  process.stderr.write(`${judged.length - bad} as they should be, ${bad} not\n`);
  process.exitCode = bad === 0 && plansAreGood ? 0 : 1;
} else {
  await store.close();
}

async function run(where: string, connect: (url: string) => Promise<Procedures>): Promise<readonly Judged[]> {
  const procedures = await connect(store.url);
  if (!options.json) console.log(`\n${jobs} jobs, ${where}, milliseconds of ${rounds} rounds; ${LIMITS}\n${HEAD}`);
  try {
    const lines = await measure(procedures, {
      rounds,
      hasIndexFor: store.hasIndexFor,
      onLine: (line) => console.log(options.json ? JSON.stringify({ where, ...judge(line) }) : printLine(judge(line))),
    });
    return lines.map(judge);
  } finally {
    await procedures.close();
  }
}

function wholeNumber(name: string, text: string, least: number): number {
  const value = Number(text);
  return Number.isSafeInteger(value) && value >= least ? value : fail(`--${name} is a whole number from ${least} on`);
}

function fail(text: string): never {
  process.stderr.write(`error: ${text}\n`);
  process.exit(2);
}
