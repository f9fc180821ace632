/** Runs the tests that guard a target with one fault in it, and says what happened. */

import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Target } from "./fault.ts";

export interface Verdict {
  /** `not injected`: the source has changed and the patch no longer fits. `missed`: the suite stayed green. */
  readonly outcome: "green" | "caught" | "missed" | "not injected" | "red without a fault";
  /** The first test that failed, or what stopped the run. */
  readonly by: string;
}

const root = join(import.meta.dirname, "../..");
const SUITES: Record<Target, readonly string[]> = {
  memory: ["packages/core/test/memory/conformance.test.ts"],
  sqlite: ["packages/adapter-sqlite/test/conformance.test.ts"],
  engine: ["packages/core/test/engine/", "packages/core/test/decisions/"],
};

export async function judge(target: Target, fault: string | null): Promise<Verdict> {
  const dir = mkdtempSync(join(tmpdir(), "jobyard-fault-"));
  try {
    const [report, proof] = [join(dir, "report.json"), join(dir, "proof")];
    const output = await runSuite(SUITES[target], report, {
      ...(fault !== null && { JOBYARD_FAULT: `${target}:${fault}`, JOBYARD_FAULT_PROOF: proof }),
    });
    if (!existsSync(report)) return { outcome: "not injected", by: lastLine(output) };
    const first = firstFailure(JSON.parse(readFileSync(report, "utf8")) as Report);
    if (fault === null)
      return first === null ? { outcome: "green", by: "" } : { outcome: "red without a fault", by: first };
    if (!existsSync(proof)) return { outcome: "not injected", by: first ?? lastLine(output) };
    return first === null ? { outcome: "missed", by: "" } : { outcome: "caught", by: first };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function runSuite(files: readonly string[], report: string, env: Record<string, string>): Promise<string> {
  return new Promise((resolve, reject) => {
    const vitest = join(root, "node_modules/vitest/vitest.mjs");
    const args = ["run", "-c", "tools/faults/vitest.config.ts", ...files, "--reporter=json", `--outputFile=${report}`];
    const child = spawn(process.execPath, [vitest, ...args], { cwd: root, env: { ...process.env, ...env } });
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

interface Report {
  readonly testResults: readonly {
    readonly status: string;
    readonly message: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

/** After the first failure the run is broken off, so other files may have failed without a reason of their own. */
function firstFailure({ testResults }: Report): string | null {
  const test = testResults.flatMap((file) => file.assertionResults).find((result) => result.status === "failed");
  if (test) return test.fullName;
  const broken = testResults.find((file) => file.status === "failed" && file.message !== "");
  return broken ? `the suite did not load: ${lastLine(broken.message)}` : null;
}

const lastLine = (text: string): string => text.trim().split("\n").at(-1) ?? "";
