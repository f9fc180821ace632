/** The command line of `pnpm torture`, checked. */

import { parseArgs } from "node:util";
import type { Backend } from "./backends/backend.ts";
import { BACKENDS } from "./backends/backends.ts";
import { redisEverySecond } from "./backends/redis.ts";
import { fits, type Scenario, type Sizes } from "./scenarios/scenario.ts";
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
  outages: "20",
  disconnects: "20",
  share: "20000",
  held: "500",
  ledger: "300",
  crashes: "50",
};

export const USAGE: string = `pnpm torture: torments a store with real processes, and checks what became of every job.

  --backend <name>    ${[...BACKENDS.keys()].join(", ")} (sqlite)
  --fsync <when>      with redis: always, or everysec; then what is lost is told (always)
  --scenario <name>   one of ${SCENARIOS.map(({ name }) => name).join(", ")};
                      may be given several times (all that the backend can have)
  --seed <n>          the same seed makes the same plan (1)
  --workers <n>       worker processes (4)
  --jobs <n>          storm: jobs (3000)
  --kills <n>         storm: workers killed by SIGKILL, half of them at named points (100)
  --blocks <n>        storm: event loops that stand still for longer than a lease (50)
  --zombies <n>       storm: processes stopped for longer than a lease, then continued (30)
  --pills <n>         storm: jobs that kill whoever runs them, a third more in reserve (15)
  --outages <n>       storm, with a server: SIGKILLs of the server and all its processes (20)
  --disconnects <n>   storm, with a server: times that it ends all connections of a worker (20)
  --ledger <n>        ledger: jobs that complete in transactions of their own (300)
  --crashes <n>       ledger: workers killed just before they commit (50)
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
      fsync: { type: "string", default: "always" },
      scenario: { type: "string", multiple: true, default: [] },
      seed: { type: "string", default: DEFAULTS.seed },
      workers: { type: "string", default: DEFAULTS.workers },
      jobs: { type: "string", default: DEFAULTS.jobs },
      kills: { type: "string", default: DEFAULTS.kills },
      blocks: { type: "string", default: DEFAULTS.blocks },
      zombies: { type: "string", default: DEFAULTS.zombies },
      pills: { type: "string", default: DEFAULTS.pills },
      outages: { type: "string", default: DEFAULTS.outages },
      disconnects: { type: "string", default: DEFAULTS.disconnects },
      share: { type: "string", default: DEFAULTS.share },
      held: { type: "string", default: DEFAULTS.held },
      ledger: { type: "string", default: DEFAULTS.ledger },
      crashes: { type: "string", default: DEFAULTS.crashes },
      limit: { type: "string", default: "900" },
      json: { type: "boolean", default: false },
      keep: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const number = (name: keyof Sizes | "limit", least: number): number => wholeNumber(name, values[name], least);
  const backend = withFsync(named("backend", values.backend, BACKENDS), values.fsync);
  return {
    backend,
    scenarios: scenariosOf(values.scenario, backend),
    sizes: {
      seed: number("seed", 0),
      workers: number("workers", 2),
      jobs: number("jobs", 1),
      kills: number("kills", 0),
      blocks: number("blocks", 0),
      zombies: number("zombies", 0),
      pills: number("pills", 0),
      outages: number("outages", 0),
      disconnects: number("disconnects", 0),
      share: number("share", 1),
      held: number("held", 4),
      ledger: number("ledger", 1),
      crashes: number("crashes", 0),
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
  const option = backend.option === null ? [] : [backend.option];
  return ["pnpm torture", `--backend ${backend.name}`, ...option, `--scenario ${name}`, ...own, "--keep"].join(" ");
};

function withFsync(backend: Backend, when: string): Backend {
  if (when === "always") return backend;
  if (when === "everysec" && backend.name === redisEverySecond.name) return redisEverySecond;
  throw new Error(`--fsync: ${JSON.stringify(when)} is not one of always, and with redis everysec`);
}

function scenariosOf(names: readonly string[], backend: Backend): readonly Scenario[] {
  const possible = SCENARIOS.filter((scenario) => fits(scenario, backend));
  const byName = new Map(possible.map((scenario) => [scenario.name, scenario]));
  return names.length === 0 ? possible : names.map((name) => named("scenario", name, byName));
}

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
