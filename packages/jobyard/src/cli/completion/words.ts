/** What the scripts of all shells share. */

import type { ProgramShape } from "./shape.ts";

/** One word for bash and zsh, whatever stands in it. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** The same for fish, which knows escapes within single quotes. */
export const fishQuoted = (text: string): string => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;

/** The hidden command that a script calls for the names of queues: silent, whatever goes wrong. */
export const NAMES_COMMAND = "__complete";

/** Every option that is followed by a value, of the program and of any command. */
export const valueOptions = ({ options, commands }: ProgramShape): readonly string[] => [
  ...new Set(
    [...options, ...commands.flatMap((command) => command.options)]
      .filter(({ value }) => value !== null)
      .flatMap(({ names }) => names),
  ),
];
