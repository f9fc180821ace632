/**
 * `pnpm faults`: breaks every promise in every adapter and in the engine, one at a time, and prints which test noticed.
 *
 * Options: `--target memory|sqlite|postgres|redis|engine`, `--fault <id>`, `--jobs <n>` (at once), `--json`. All tests of
 * Postgres share the server of `JOBYARD_TEST_POSTGRES_URL`, those of Redis that of `JOBYARD_TEST_REDIS_URL`, or one that
 * is started for them.
 * Exit code 0 only if every fault was injected (with proof) and caught, and the suite is green without one.
 */

import { parseArgs } from "node:util";
import { startPostgres, startRedis, throwaway } from "@jobyard/servers";
import { type Fault, type Guard, TARGETS, type Target } from "./fault.ts";
import { FAULTS } from "./faults.ts";
import { judge, SUITES, type Verdict } from "./judge.ts";

const { values: options } = parseArgs({
  options: {
    target: { type: "string" },
    fault: { type: "string" },
    jobs: { type: "string", default: "2" },
    json: { type: "boolean", default: false },
  },
});

interface Trial {
  readonly target: Target;
  /** `null`: the suite itself, which must be green. */
  readonly fault: Fault | null;
  readonly guards: readonly Guard[];
}

const trials: readonly Trial[] = TARGETS.filter((name) => (options.target ?? name) === name).flatMap((target) => {
  const faults = FAULTS.filter(({ id, patches }) => (options.fault ?? id) === id && patches[target]);
  const guarded = faults.map((fault) => ({ target, fault, guards: guardsOf(fault, target) }));
  const all = guarded.flatMap(({ guards }) => guards);
  return faults.length === 0 ? [] : [{ target, fault: null, guards: all }, ...guarded];
});
if (trials.length === 0) {
  console.error(`error: targets are ${TARGETS.join(", ")}; faults are ${FAULTS.map((fault) => fault.id).join(", ")}`);
  process.exit(2);
}

const servers = new Map<Target, SharedServer>();
for (const [target, start] of [
  ["postgres", sharedPostgres],
  ["redis", sharedRedis],
] as const)
  if (trials.some((trial) => trial.target === target)) servers.set(target, await start());
const verdicts = new Map<Trial, Verdict>();
await inParallel(trials, Math.max(1, Number(options.jobs)), async (trial) => {
  verdicts.set(
    trial,
    await judge(trial.target, trial.fault?.id ?? null, trial.guards, servers.get(trial.target)?.url ?? null),
  );
  if (process.stderr.isTTY) process.stderr.write(`\r${verdicts.size}/${trials.length} `);
});

for (const server of servers.values()) await server.stop();

const rows = trials.map((trial) => {
  const verdict = verdicts.get(trial) as Verdict;
  const wanted = trial.fault === null ? "green" : "caught";
  return {
    ok: verdict.outcome === wanted,
    target: trial.target,
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
      `${line.ok ? "ok " : "NOT"} ${line.target.padEnd(8)} ${line.fault.padEnd(faultWidth)}  ${line.promise.padEnd(promiseWidth)}  ${line.outcome}${line.by ? `: ${line.by}` : ""}`,
    );
}

function guardsOf({ guards }: Fault, target: Target): readonly Guard[] {
  const own = guards?.[target];
  return own === undefined ? SUITES[target] : [own];
}

interface SharedServer {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

/** What a fault keeps busy, and nobody waits for any longer, ends: the server looks whether its clients are there. */
async function sharedPostgres(): Promise<SharedServer> {
  const url = process.env["JOBYARD_TEST_POSTGRES_URL"];
  if (url) return { url, stop: async () => {} };
  return startPostgres({ settings: { ...throwaway, max_connections: 400, client_connection_check_interval: "1s" } });
}

/** A script that a fault keeps from ending is ended by nobody, and fails the tests of the others: run it alone, then. */
async function sharedRedis(): Promise<SharedServer> {
  const url = process.env["JOBYARD_TEST_REDIS_URL"];
  return url ? { url, stop: async () => {} } : startRedis();
}

async function inParallel<T>(items: readonly T[], width: number, work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  const lane = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: width }, lane));
}
