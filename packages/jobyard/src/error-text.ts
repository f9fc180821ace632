/** Errors as people read them on a terminal: `error[CODE]: what, and what to do`. */

import { type ErrorCode, isQueueError, QueueError } from "@jobyard/core";
import { manyLines, oneLine } from "./cli/text.ts";

/** The caller's own mistake, found before anything was done: exit code 2. */
const WRONG_USE: ReadonlySet<ErrorCode> = new Set([
  "USAGE",
  "BAD_CURSOR",
  "BAD_DURATION",
  "BAD_NAME",
  "BAD_OPTION",
  "BAD_QUERY",
  "BAD_URL",
  "CONFIG_INVALID",
]);

/**
 * Safe for a terminal, whatever a payload or a database put into the message.
 * One line, and one more for each issue that the message does not tell already. Never a stack, unless `debug` is set; then the whole error follows.
 *
 * @param debug - default: `JOBYARD_DEBUG=1`
 */
export function errorText(error: unknown, debug: boolean = process.env["JOBYARD_DEBUG"] === "1"): string {
  const { code, message, detail, issues } = isQueueError(error) ? error : new QueueError("INTERNAL", textOf(error));
  const untold = issues.filter((issue) => !detail.includes(issue.message));
  const lines = untold.map((issue) => `\n  ${oneLine(`${issue.path || "(payload)"}: ${issue.message}`)}`);
  const stack = debug && error instanceof Error ? `\n${manyLines(error.stack ?? "")}` : "";
  return `error[${code}]: ${oneLine(message)}${lines.join("")}${stack}\n`;
}

/** 1 failed, 2 wrong use. */
export const exitCodeOf = (error: unknown): 1 | 2 => (isQueueError(error) && WRONG_USE.has(error.code) ? 2 : 1);

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** An error of the operating system: it has a `code` such as `ENOENT`. */
export const isSystemError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && "syscall" in error;
