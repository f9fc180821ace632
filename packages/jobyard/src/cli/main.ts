#!/usr/bin/env node
/** The `jobyard` command: runs one command, and turns what went wrong into one line and an exit code. */

import { CommanderError } from "commander";
import { errorText, exitCodeOf } from "../error-text.ts";
import { toleratePipes } from "./pipes.ts";
import { createProgram, usageError } from "./program.ts";

toleratePipes();
// What a handler threw outside of its promise: nothing is known of the state any more, and the jobs are rescued elsewhere.
process.on("uncaughtException", (error) => {
  tell(error);
  process.exit();
});

try {
  await createProgram().parseAsync();
} catch (error) {
  if (!isHelp(error)) tell(error instanceof CommanderError ? usageError(error) : error);
}

function tell(failure: unknown): void {
  process.stderr.write(errorText(failure));
  process.exitCode = exitCodeOf(failure);
}

/** Commander throws also when it has printed the help or the version that someone asked for. */
function isHelp(error: unknown): boolean {
  return error instanceof CommanderError && error.exitCode === 0;
}
