#!/usr/bin/env node
/** The `jobyard` command: runs one command, and turns what went wrong into one line and an exit code. */

import { CommanderError } from "commander";
import { errorText, exitCodeOf } from "../error-text.ts";
import { toleratePipes } from "./pipes.ts";
import { createProgram, usageError } from "./program.ts";

toleratePipes();

try {
  await createProgram().parseAsync();
} catch (error) {
  if (!isHelp(error)) {
    const failure = error instanceof CommanderError ? usageError(error) : error;
    process.stderr.write(errorText(failure));
    process.exitCode = exitCodeOf(failure);
  }
}

/** Commander throws also when it has printed the help or the version that someone asked for. */
function isHelp(error: unknown): boolean {
  return error instanceof CommanderError && error.exitCode === 0;
}
