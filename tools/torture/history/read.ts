/** Reads what all processes wrote. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type HistoryEntry, type ParsedHistory, parseHistory } from "@jobyard/core/testing";
import type { SeenError } from "./errors.ts";

export interface History {
  readonly entries: readonly HistoryEntry[];
  /** Processes that were killed while they wrote a line. */
  readonly cut: number;
}

export function readHistory(folder: string): History {
  const files = namesIn(folder).map((process) => readProcess(folder, process));
  return {
    entries: files.flatMap(({ entries }) => entries),
    cut: files.filter(({ cutLine }) => cutLine !== null).length,
  };
}

/** What one of them wrote; nothing, if it was killed before it could. */
export function readProcess(folder: string, process: string): ParsedHistory {
  const file = join(folder, `${process}.jsonl`);
  return existsSync(file) ? parseHistory(readFileSync(file, "utf8"), file) : { entries: [], cutLine: null };
}

export const readErrors = (folder: string): readonly SeenError[] =>
  namesIn(folder).flatMap((process) => {
    const lines = readFileSync(join(folder, `${process}.jsonl`), "utf8")
      .split("\n")
      .slice(0, -1);
    return lines.map((line) => JSON.parse(line) as SeenError);
  });

const namesIn = (folder: string): readonly string[] =>
  existsSync(folder)
    ? readdirSync(folder)
        .filter((file) => file.endsWith(".jsonl"))
        .map((file) => file.slice(0, -".jsonl".length))
        .sort()
    : [];
