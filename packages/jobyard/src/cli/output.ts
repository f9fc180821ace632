/**
 * Where a command writes: results on stdout, everything else on stderr.
 *
 * Human text by default; with `--json` one JSON document, or one per line for a list.
 */

import { styleText } from "node:util";
import type { Phase } from "@jobyard/core";
import { errorText, exitCodeOf } from "../error-text.ts";
import { type Column, tableText } from "./table.ts";
import { oneLine } from "./text.ts";

export type Style = "dim" | "bold" | "red" | "green" | "yellow" | "cyan";

export interface Output {
  readonly json: boolean;
  /** Styled if stdout is a terminal that wants colour, else unchanged. */
  paint(style: Style, text: string): string;
  phase(phase: Phase): string;
  /** One line on stdout. */
  line(text: string): void;
  table<T>(rows: readonly T[], columns: readonly Column<T>[]): void;
  /** For people only, on stderr: what is not part of the result. */
  note(text: string): void;
  /** Says what failed, and makes the exit code say so too. */
  fail(error: unknown): void;
}

const PHASE_STYLES: Readonly<Record<Phase, Style | null>> = {
  waiting: null,
  scheduled: "dim",
  retrying: "yellow",
  blocked: "dim",
  active: "cyan",
  stale: "yellow",
  completed: "green",
  dead: "red",
  cancelled: "dim",
};

export function createOutput(options: { readonly json: boolean }): Output {
  const colour = process.stdout.isTTY === true && !process.env["NO_COLOR"] && process.env["TERM"] !== "dumb";
  const columns = process.stdout.isTTY ? process.stdout.columns : null;
  const paint = (style: Style, text: string): string =>
    colour ? styleText(style, text, { validateStream: false }) : text;
  const line = (text: string): void => {
    process.stdout.write(`${text}\n`);
  };
  return {
    json: options.json,
    paint,
    line,
    phase: (phase) => {
      const style = PHASE_STYLES[phase];
      return style === null ? phase : paint(style, phase);
    },
    table: (rows, shape) => line(tableText(rows, shape, { columns, header: (text) => paint("dim", text) })),
    note: (text) => {
      process.stderr.write(`${oneLine(text)}\n`);
    },
    fail: (error) => {
      process.stderr.write(errorText(error));
      process.exitCode = Math.max(Number(process.exitCode ?? 0), exitCodeOf(error));
    },
  };
}
