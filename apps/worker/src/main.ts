#!/usr/bin/env node
/** A worker process: settings from the environment, jobs from modules, until it is asked to stop. */

import { errorText, exitCodeOf } from "jobyard";
import { run } from "./run.ts";
import { readSettings } from "./settings.ts";

try {
  await run(readSettings(process.env));
} catch (error) {
  process.stderr.write(errorText(error));
  process.exitCode = exitCodeOf(error);
}
