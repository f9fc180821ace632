/** Runs the tests that guard a target with one fault in it, and says what happened. */

import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Guard, Target } from "./fault.ts";

export interface Verdict {
  /**
   * `not injected`: the source has changed and the patch no longer fits, or it makes no program of it. `missed`: the suite
   * stayed green.
   */
  readonly outcome: "green" | "caught" | "missed" | "not injected" | "red without a fault";
  /** The first test that failed, or what stopped the run. */
  readonly by: string;
}

const root = join(import.meta.dirname, "../..");

/** The tests that guard a target, for faults that name no others. */
export const SUITES: Readonly<Record<Target, readonly Guard[]>> = {
  memory: [{ file: "packages/core/test/memory/conformance.test.ts" }],
  sqlite: [{ file: "packages/adapter-sqlite/test/conformance.test.ts" }],
  postgres: [{ file: "packages/adapter-postgres/test/" }],
  redis: [{ file: "packages/adapter-redis/test/conformance.test.ts" }],
  engine: [{ file: "packages/core/test/engine/" }, { file: "packages/core/test/decisions/" }],
};
/** Where each of them reads a whole store over a connection after every step. */
const MODEL_RUNS_ON_A_SERVER = "4";

/** What the tests of a target take a server from, if they want one. */
const SERVER_OF: Readonly<Partial<Record<Target, string>>> = {
  postgres: "JOBYARD_TEST_POSTGRES_URL",
  redis: "JOBYARD_TEST_REDIS_URL",
};

/** @param serverUrl - for the tests of a target that want a server; null if they do not */
export async function judge(
  target: Target,
  fault: string | null,
  guards: readonly Guard[],
  serverUrl: string | null,
): Promise<Verdict> {
  const dir = mkdtempSync(join(tmpdir(), "jobyard-fault-"));
  try {
    const [report, proof] = [join(dir, "report.json"), join(dir, "proof")];
    const output = await runSuite(guards, report, {
      ...serverFor(target, serverUrl),
      ...(fault !== null && { JOBYARD_FAULT: `${target}:${fault}`, JOBYARD_FAULT_PROOF: proof }),
    });
    if (!existsSync(report)) return { outcome: "not injected", by: lastLine(output) };
    const told = JSON.parse(readFileSync(report, "utf8")) as Report;
    const first = firstFailure(told);
    if (first === null && !hasRun(told)) return { outcome: "missed", by: "there is no such test" };
    if (fault === null)
      return first === null ? { outcome: "green", by: "" } : { outcome: "red without a fault", by: first };
    if (!existsSync(proof)) return { outcome: "not injected", by: first ?? lastLine(output) };
    const breakage = firstBreakage(told);
    if (breakage !== null) return { outcome: "not injected", by: breakage };
    return first === null ? { outcome: "missed", by: "" } : { outcome: "caught", by: first };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function serverFor(target: Target, url: string | null): Record<string, string> {
  const variable = SERVER_OF[target];
  return variable === undefined || url === null ? {} : { [variable]: url, JOBYARD_MODEL_RUNS: MODEL_RUNS_ON_A_SERVER };
}

function runSuite(guards: readonly Guard[], report: string, env: Record<string, string>): Promise<string> {
  return new Promise((resolve, reject) => {
    const vitest = join(root, "node_modules/vitest/vitest.mjs");
    const args = ["run", "-c", "tools/faults/vitest.config.ts", "--reporter=json", `--outputFile=${report}`];
    const child = spawn(process.execPath, [vitest, ...args, ...chosen(guards)], {
      cwd: root,
      env: { ...process.env, ...env },
    });
    let output = "";
    const keep = (chunk: Buffer): void => {
      output = (output + chunk.toString("utf8")).slice(-20_000);
    };
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    child.once("error", reject);
    child.once("close", () => resolve(output));
  });
}

/** Of several files all that any of the guards names. */
function chosen(guards: readonly Guard[]): readonly string[] {
  const files = new Set(guards.map(({ file }) => file));
  const titles = new Set(guards.map((guard) => guard.titles));
  return titles.has(undefined) ? [...files] : [...files, "-t", [...titles].join("|")];
}

interface Report {
  readonly testResults: readonly {
    readonly status: string;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

const hasRun = ({ testResults }: Report): boolean =>
  testResults.some((file) => file.assertionResults.some(({ status }) => status === "passed"));

/** After the first failure the run is broken off, so other files may have failed without a reason of their own. */
function firstFailure({ testResults }: Report): string | null {
  const test = testResults.flatMap((file) => file.assertionResults).find((result) => result.status === "failed");
  if (test) return test.fullName;
  const broken = testResults.find((file) => file.status === "failed" && file.message !== "");
  return broken ? `the suite did not load: ${lastLine(broken.message)}` : null;
}

/** Source, or a script in it, that cannot be read or names what there is not: any test notices that, whatever it is about. */
const NO_PROGRAM = /\[PARSE_ERROR\].*|Error compiling script.*|nonexistent global variable.*/;

function firstBreakage({ testResults }: Report): string | null {
  const messages = testResults.flatMap(({ message, assertionResults }) => [
    message,
    ...assertionResults.flatMap(({ failureMessages }) => failureMessages),
  ]);
  return messages.map((text) => NO_PROGRAM.exec(text)?.[0]).find((found) => found !== undefined) ?? null;
}

const lastLine = (text: string): string => text.trim().split("\n").at(-1) ?? "";
