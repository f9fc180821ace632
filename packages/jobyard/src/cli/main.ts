#!/usr/bin/env node
/** The `jobyard` command: runs one command, and turns what went wrong into one line and an exit code. */

import { CommanderError } from "commander";
import { errorText, exitCodeOf } from "../error-text.ts";
import { createProgram, usageError } from "./program.ts";

for (const stream of [process.stdout, process.stderr]) stream.on("error", quietIfClosed);

try {
  await createProgram().parseAsync();
} catch (error) {
  if (!isHelp(error)) {
    const failure = error instanceof CommanderError ? usageError(error) : error;
    process.stderr.write(errorText(failure));
    process.exitCode = exitCodeOf(failure);
  }
}

/** `jobyard jobs | head` closes the pipe when it has seen enough: that is no failure. */
function quietIfClosed(error: NodeJS.ErrnoException): void {
  if (error.code === "EPIPE") process.exit();
  throw error;
}

/** Commander throws also when it has printed the help or the version that someone asked for. */
function isHelp(error: unknown): boolean {
  return error instanceof CommanderError && error.exitCode === 0;
}
