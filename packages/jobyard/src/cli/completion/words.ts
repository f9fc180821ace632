/** Texts in the quotes of a shell. */

/** One word for bash and zsh, whatever stands in it. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** The same for fish, which knows escapes within single quotes. */
export const fishQuoted = (text: string): string => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;

/** The command that a script calls for the names of queues: silent, whatever goes wrong. */
export const NAMES_COMMAND = "__complete";
