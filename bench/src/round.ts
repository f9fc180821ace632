/** One round: one contender plays one scenario, in a process of its own and on a store of its own. */

import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Measures } from "./metrics.ts";

/** What the process of the round is told; it is round-main.ts. */
export interface RoundSpec {
  readonly backend: string;
  readonly contender: string;
  readonly scenario: string;
  readonly store: string;
  readonly jobs: number;
  /** Where to write a CPU profile. */
  readonly profile: string | null;
}

const MOST_ERROR_CHARS = 4_000;

/**
 * @param limitMs - after which the process is killed
 * @throws if the round failed; the message says how
 */
export function playRound(spec: RoundSpec, limitMs: number, signal: AbortSignal): Promise<Measures> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(new URL("round-main.ts", import.meta.url)), [JSON.stringify(spec)], {
      execArgv: ["-C", "@jobyard/source"],
      stdio: ["ignore", "ignore", "pipe", "ipc"],
      timeout: limitMs,
      killSignal: "SIGKILL",
      signal,
    });
    let errors = "";
    let measures: Measures | null = null;
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      errors = (errors + text).slice(-MOST_ERROR_CHARS);
    });
    child.on("message", (message: Measures) => {
      measures = message;
    });
    child.once("error", reject);
    child.once("close", (code, killed) => {
      if (measures !== null && code === 0) resolve(measures);
      else if (killed !== null) reject(new Error(`no result within ${limitMs / 1_000} s. ${errors}`.trim()));
      else reject(new Error(errors.trim() || `the process ended with exit code ${code}`));
    });
  });
}
