/** Where and when the figures were taken. */

import { execFileSync } from "node:child_process";
import { availableParallelism, cpus, loadavg, release, totalmem, type } from "node:os";
import { fileURLToPath } from "node:url";

export type Facts = Readonly<Record<string, string>>;

/** Asked before the first round, so that the load is that of the others. */
export const machineFacts = (): Facts => ({
  date: new Date().toISOString(),
  commit: commit(),
  processor: `${cpus()[0]?.model.trim() ?? "unknown"}, ${availableParallelism()} cores`,
  memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
  system: `${type()} ${release()}`,
  "load before": (loadavg()[0] ?? 0).toFixed(2),
  Node: process.versions.node,
});

/** With a plus if the checkout has changes that are not in it. */
function commit(): string {
  try {
    const cwd = fileURLToPath(new URL(".", import.meta.url));
    const git = (...args: readonly string[]): string =>
      execFileSync("git", args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
    return git("rev-parse", "--short", "HEAD") + (git("status", "--porcelain") === "" ? "" : "+");
  } catch {
    return "unknown"; // not a checkout, or no git
  }
}
