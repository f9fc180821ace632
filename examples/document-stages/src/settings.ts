/** Where the example keeps its things, and how fast it goes: read from the environment once. */

import { join, resolve } from "node:path";
import { type Duration, durationMs } from "@jobyard/core";

export interface Settings {
  /** The store and the previews. Watcher and workers must agree on it. */
  readonly dataFolder: string;
  /** The watched folder. */
  readonly inbox: string;
  /** Rest between the steps of a stage, so that people see jobs move. */
  readonly paceMs: number;
}

const DEFAULT_PACE: Duration = "200ms";

/**
 * `EXAMPLE_DATA` (default: `data` in this package) and `EXAMPLE_PACE` (default 200ms; 0ms for full speed).
 *
 * @throws QueueError `BAD_DURATION`
 */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const given = env["EXAMPLE_DATA"] || join(import.meta.dirname, "../data");
  const dataFolder = resolve(given);
  return {
    dataFolder,
    inbox: join(dataFolder, "inbox"),
    paceMs: durationMs(env["EXAMPLE_PACE"] || DEFAULT_PACE, "EXAMPLE_PACE"),
  };
}
