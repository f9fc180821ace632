/** `pnpm torture`: see `--help`, or README.md. */

import { spawnSync } from "node:child_process";
import { mayMount } from "./backends/small-disk.ts";
import { type Options, readOptions, repeatCommand, USAGE } from "./options.ts";
import { isGood, type Verdict } from "./report/figures.ts";
import { printVerdict, verdictJson } from "./report/print.ts";
import { openProgress } from "./report/progress.ts";
import { runScenario } from "./scenarios/run.ts";
import type { Scenario } from "./scenarios/scenario.ts";

/** Set in the namespace that was made to be allowed to mount. */
const INSIDE = "JOBYARD_TORTURE_NAMESPACE";

const options = optionsOrExit();
if (options.help) console.log(USAGE);
else if (await needsNamespace(options)) process.exitCode = againInNamespace();
else process.exitCode = (await runAll(options)).every(isGood) ? 0 : 1;

function optionsOrExit(): Options {
  try {
    return readOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`error: ${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    process.exit(2);
  }
}

async function runAll(all: Options): Promise<readonly Verdict[]> {
  const interrupt = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => interrupt.abort());
  const { backend, sizes, limitMs, keep, json } = all;
  const oneByOne = async (scenarios: readonly Scenario[]): Promise<readonly Verdict[]> => {
    const verdicts: Verdict[] = [];
    for (const scenario of scenarios) {
      if (interrupt.signal.aborted) break;
      const progress = openProgress(process.stderr);
      const repeat = repeatCommand(all, scenario);
      const about = { backend, sizes, limitMs, keep, repeat, progress, interrupt: interrupt.signal };
      const verdict = await runScenario(scenario, about);
      console.log(json ? verdictJson(verdict) : printVerdict(verdict));
      verdicts.push(verdict);
    }
    return verdicts;
  };
  const { quiet = [], busy = [] } = Object.groupBy(all.scenarios, ({ isQuiet }) => (isQuiet ? "quiet" : "busy"));
  return (await Promise.all([oneByOne(busy), oneByOne(quiet)])).flat();
}

async function needsNamespace({ backend, scenarios }: Options): Promise<boolean> {
  if (process.env[INSIDE] !== undefined || !scenarios.some(({ store }) => store === "small")) return false;
  // There one is root, which servers refuse to be.
  return !backend.hasServer && !(await mayMount());
}

/** Where this user is root of nothing but the namespace, and may mount in it. */
function againInNamespace(): number {
  const args = ["-rm", process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  const { status, error } = spawnSync("unshare", args, { stdio: "inherit", env: { ...process.env, [INSIDE]: "1" } });
  if (error) console.error(`error: a disk that can be filled needs the right to mount, or unshare: ${error.message}`);
  return status ?? 1;
}
