/** A binary is asked for its version before it is chosen: one made for another libc does not get that far. */

import { spawnSync } from "node:child_process";

/**
 * What `--version` says of itself after its name.
 *
 * @param pattern - its first group is the version
 * @returns the match, or why the binary cannot be used
 */
export function askVersion(
  file: string,
  pattern: RegExp,
  env: NodeJS.ProcessEnv = process.env,
): RegExpExecArray | string {
  const { status, stdout, stderr, error } = spawnSync(file, ["--version"], { encoding: "utf8", env, timeout: 10_000 });
  const said = status === 0 ? pattern.exec(stdout) : null;
  return said ?? `${file} does not run: ${(error?.message ?? (stderr || stdout)).trim()}`;
}
