/** The command line of `pnpm torture`, checked. */

import { parseArgs } from "node:util";
import type { Backend } from "./backends/backend.ts";
import { BACKENDS } from "./backends/backends.ts";
import type { Scenario, Sizes } from "./scenarios/scenario.ts";
import { SCENARIOS } from "./scenarios/scenarios.ts";

export interface Options {
  readonly backend: Backend;
  readonly scenarios: readonly Scenario[];
  readonly sizes: Sizes;
  readonly limitMs: number;
  readonly json: boolean;
  readonly keep: boolean;
  readonly help: boolean;
}

/** As the command line has them. */
const DEFAULTS: Readonly<Record<keyof Sizes, string>> = {
  seed: "1",
  workers: "4",
  jobs: "3000",
  kills: "100",
  blocks: "50",
  zombies: "30",
  pills: "15",
  share: "20000",
  held: "500",
};

export const USAGE: string = `pnpm torture: torments a store with real processes, and checks what became of every job.

  --backend <name>    ${[...BACKENDS.keys()].join(", ")} (sqlite)
  --scenario <name>   one of ${SCENARIOS.map(({ name }) => name).join(", ")}; may be given several times (all)
  --seed <n>          the same seed makes the same plan (1)
  --workers <n>       worker processes (4)
  --jobs <n>          storm: jobs (3000)
  --kills <n>         storm: workers killed by SIGKILL, half of them at named points (100)
  --blocks <n>        storm: event loops that stand still for longer than a lease (50)
  --zombies <n>       storm: processes stopped for longer than a lease, then continued (30)
  --pills <n>         storm: jobs that kill whoever runs them, a third more in reserve (15)
  --share <n>         share: jobs (20000)
  --held <n>          handover: jobs that the killed process held (500)
  --limit <seconds>   for each scenario (900)
  --json              one line of JSON for each scenario
  --keep              keep history, logs and store of good runs too

Exit code 0 if everything was as it must be, 1 if not, 2 if the command was not understood.`;

/** @throws Error that says which option is wrong */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    // pnpm 11 and newer pass on the "--" that npm needs.
    args: args.filter((arg) => arg !== "--"),
    options: {
      backend: { type: "string", default: "sqlite" },
      scenario: { type: "string", multiple: true, default: [] },
      seed: { type: "string", default: DEFAULTS.seed },
      workers: { type: "string", default: DEFAULTS.workers },
      jobs: { type: "string", default: DEFAULTS.jobs },
      kills: { type: "string", default: DEFAULTS.kills },
      blocks: { type: "string", default: DEFAULTS.blocks },
      zombies: { type: "string", default: DEFAULTS.zombies },
      pills: { type: "string", default: DEFAULTS.pills },
      share: { type: "string", default: DEFAULTS.share },
      held: { type: "string", default: DEFAULTS.held },
      limit: { type: "string", default: "900" },
      json: { type: "boolean", default: false },
      keep: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const number = (name: keyof Sizes | "limit", least: number): number => wholeNumber(name, values[name], least);
  return {
    backend: named("backend", values.backend, BACKENDS),
    scenarios: scenariosOf(values.scenario),
    sizes: {
      seed: number("seed", 0),
      workers: number("workers", 2),
      jobs: number("jobs", 1),
      kills: number("kills", 0),
      blocks: number("blocks", 0),
      zombies: number("zombies", 0),
      pills: number("pills", 0),
      share: number("share", 1),
      held: number("held", 4),
    },
    limitMs: number("limit", 1) * 1_000,
    json: values.json,
    keep: values.keep,
    help: values.help,
  };
}

/** The command that does one scenario of these options again. */
export const repeatCommand = ({ backend, sizes }: Options, { name }: Scenario): string => {
  const own = Object.entries(sizes).flatMap(([size, value]) =>
    size === "seed" || String(value) !== DEFAULTS[size as keyof Sizes] ? [`--${size} ${value}`] : [],
  );
  return ["pnpm torture", `--backend ${backend.name}`, `--scenario ${name}`, ...own, "--keep"].join(" ");
};

const BY_NAME = new Map(SCENARIOS.map((scenario) => [scenario.name, scenario]));

const scenariosOf = (names: readonly string[]): readonly Scenario[] =>
  names.length === 0 ? SCENARIOS : names.map((name) => named("scenario", name, BY_NAME));

function named<T>(option: string, name: string, known: ReadonlyMap<string, T>): T {
  const found = known.get(name);
  if (found !== undefined) return found;
  throw new Error(`--${option}: ${JSON.stringify(name)} is not one of ${[...known.keys()].join(", ")}`);
}

function wholeNumber(name: string, text: string, least: number): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new Error(`--${name}: ${JSON.stringify(text)} is not a whole number from ${least}`);
}
