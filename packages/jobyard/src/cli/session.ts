/** What every command works with: the yard that `--url` names, and where to write. */

import type { Board, Yard } from "@jobyard/core";
import type { Command } from "commander";
import { openYard } from "../open.ts";
import { DEFAULT_URL, urlFlag } from "../url.ts";
import { createOutput, type Output } from "./output.ts";

/** Options of the program itself; they may stand before or after the command. */
interface GlobalOptions {
  readonly url?: string;
  readonly json?: boolean;
}

export interface Session {
  readonly yard: Yard;
  readonly board: Board;
  readonly out: Output;
}

/**
 * Opens the yard for one command, and closes it whatever happens. The schema has to be ready.
 *
 * @param options.create - make a database that is missing. Not for commands that look or operate: a typo makes no file
 */
export async function withYard(
  command: Command,
  run: (session: Session) => Promise<void>,
  options: { readonly create: boolean } = { create: false },
): Promise<void> {
  const yard = await openYard(urlOf(command), options);
  try {
    await run({ yard, board: yard.board, out: outputOf(command) });
  } finally {
    await yard.close();
  }
}

export const urlOf = (command: Command): string =>
  command.optsWithGlobals<GlobalOptions>().url ?? (process.env["JOBYARD_URL"] || DEFAULT_URL);

/** The text with ` --url …` in each `: jobyard …` that it advises and that does not name a store itself. */
export const addressed = (text: string, command: Command): string =>
  text.replaceAll(/: jobyard (?!migrate --url )/g, () => `: jobyard${urlFlag(urlOf(command))} `);

export const outputOf = (command: Command): Output =>
  createOutput({ json: command.optsWithGlobals<GlobalOptions>().json === true });

/** The part of `--help` that people copy from. */
export const examples = (...lines: readonly string[]): string =>
  `\nExamples:\n${lines.map((line) => `  $ jobyard ${line}`).join("\n")}`;

/** Who the audit names for what is done here. */
export const ACTOR = "cli";
