/** The command line, read once. Whatever makes no sense is said before anything runs. */

import { parseArgs } from "node:util";
import type { Backend } from "./backend.ts";
import { backendNamed, contenderNamed } from "./backends.ts";
import type { Contender } from "./contender.ts";
import type { Scenario } from "./scenario.ts";
import { SCENARIOS, scenariosOf } from "./scenarios.ts";
import { UsageError } from "./usage-error.ts";

export interface Options {
  readonly backend: Backend;
  readonly contenders: readonly Contender[];
  readonly scenarios: readonly Scenario[];
  readonly rounds: number;
  /** For everyone; `null`: as each scenario has it. */
  readonly jobs: number | null;
  readonly quick: boolean;
  readonly output: "table" | "json";
  readonly checkGoals: boolean;
  readonly writeReadme: boolean;
  readonly profile: boolean;
  /** Where the stores of a round are made; `null`: a usual place for temporary files. */
  readonly dir: string | null;
  readonly help: boolean;
}

const DEFAULT_ROUNDS = 5;
const QUICK_ROUNDS = 2;
const MOST_ROUNDS = 100;
const FEWEST_JOBS = 100;
const MOST_JOBS = 10_000_000;

export const HELP = `pnpm bench: Jobyard beside other queues, in interleaved rounds

  --backend <name>     sqlite (default), postgres or redis
  --scenario <names>   only these, by name or family, separated by commas
  --only <names>       only these contenders, separated by commas
  --rounds <n>         ${DEFAULT_ROUNDS} if not given, ${QUICK_ROUNDS} with --quick, 1 with --profile
  --jobs <n>           jobs per round, the same for every scenario and contender
  --quick              fewer jobs and rounds
  --json               the result with every round as JSON instead of a table
  --check-goals        exit code 1 if a goal is missed
  --write-readme       puts the table into bench/README.md
  --profile            a CPU profile of each round into bench/.data, and what took longest
  --dir <folder>       where the stores are made; default: the folder for temporary files, if it is on a disk

Scenarios: ${SCENARIOS.map(({ name }) => name).join(", ")}.
Exit codes: 0 as it should be; 1 a round failed, or with --check-goals a goal was missed; 2 wrong options.
`;

/** @throws UsageError */
export function readOptions(args: readonly string[]): Options {
  const given = parsed(args);
  const backend = backendNamed(given.backend);
  const { quick, profile } = given;
  const options: Options = {
    backend,
    contenders: contendersFor(backend, names(given.only)),
    scenarios: scenariosFor(backend, names(given.scenario)).filter(({ alone }) => alone || !profile),
    rounds: whole(given.rounds, "--rounds", 1, MOST_ROUNDS) ?? (profile ? 1 : quick ? QUICK_ROUNDS : DEFAULT_ROUNDS),
    jobs: whole(given.jobs, "--jobs", FEWEST_JOBS, MOST_JOBS),
    quick,
    output: given.json ? "json" : "table",
    checkGoals: given["check-goals"],
    writeReadme: given["write-readme"],
    profile,
    dir: given.dir ?? null,
    help: given.help,
  };
  checkTogether(options);
  return options;
}

function parsed(args: readonly string[]) {
  const no = { type: "boolean", default: false } as const;
  try {
    return parseArgs({
      args: [...args],
      options: {
        backend: { type: "string", default: "sqlite" },
        scenario: { type: "string" },
        only: { type: "string" },
        rounds: { type: "string" },
        jobs: { type: "string" },
        dir: { type: "string" },
        quick: no,
        json: no,
        "check-goals": no,
        "write-readme": no,
        profile: no,
        help: { ...no, short: "h" },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** Figures of a run that was cut short, or slowed down, are not to be taken for those of a whole one. */
function checkTogether(options: Options): void {
  const { backend, contenders, scenarios, quick, jobs, profile, checkGoals, writeReadme, output } = options;
  if (scenarios.length === 0) throw new UsageError("--profile: other processes do the work of these scenarios.");
  if (profile && output === "json") throw new UsageError("--profile prints tables, it does not go with --json.");
  const cut = [quick && "--quick", jobs !== null && "--jobs", profile && "--profile"].find(
    (option) => option !== false,
  );
  const asked = [writeReadme && "--write-readme", checkGoals && "--check-goals"].find((option) => option !== false);
  if (cut !== undefined && asked !== undefined) throw new UsageError(`${asked} needs a whole run, without ${cut}.`);
  if (writeReadme && (scenarios.length < scenariosOf(backend).length || contenders.length < backend.contenders.length))
    throw new UsageError("--write-readme needs every scenario and every contender.");
}

function contendersFor(backend: Backend, asked: readonly string[] | null): readonly Contender[] {
  if (asked === null) return backend.contenders;
  const found = asked.map((name) => contenderNamed(backend, name));
  return backend.contenders.filter((contender) => found.includes(contender));
}

function scenariosFor(backend: Backend, asked: readonly string[] | null): readonly Scenario[] {
  const all = scenariosOf(backend);
  if (asked === null) return all;
  const unknown = asked.find((name) => !all.some((scenario) => isCalled(scenario, name)));
  if (unknown === undefined) return all.filter((scenario) => asked.some((name) => isCalled(scenario, name)));
  const known = new Set(all.flatMap(({ family, name }) => [family, name]));
  throw new UsageError(`there is no scenario ${unknown}. There are: ${[...known].join(", ")}.`);
}

const isCalled = (scenario: Scenario, name: string): boolean => scenario.name === name || scenario.family === name;

const names = (text: string | undefined): readonly string[] | null =>
  text?.split(",").map((name) => name.trim()) ?? null;

function whole(text: string | undefined, option: string, min: number, max: number): number | null {
  if (text === undefined) return null;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= min && value <= max) return value;
  throw new UsageError(`${option} ${text}: a whole number from ${min} to ${max} is needed.`);
}
