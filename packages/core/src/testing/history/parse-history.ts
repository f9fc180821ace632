/** One process's file of a history: its entries, and whether its last line was cut by the process's death. */

import { QueueError } from "../../nouns/errors.ts";
import { ENTRY_KINDS, type HistoryEntry } from "./entry.ts";

export interface ParsedHistory {
  readonly entries: readonly HistoryEntry[];
  /** What was dropped: a last line that is no whole line. `null` in the file of a process that ended well. */
  readonly cutLine: string | null;
}

/**
 * @param text - everything in the file
 * @param name - of the file, for the error
 * @throws QueueError `BAD_OPTION` with file and line, if anything but a cut last line is not an entry
 */
export function parseHistory(text: string, name: string): ParsedHistory {
  const lines = text.split("\n");
  const last = lines.pop() ?? "";
  const entries = lines.map((line, index) => parseLine(line, `${name}:${index + 1}`));
  return { entries, cutLine: last === "" ? null : last };
}

function parseLine(line: string, where: string): HistoryEntry {
  try {
    const entry: unknown = JSON.parse(line);
    if (isEntry(entry)) return entry;
  } catch (cause) {
    throw badLine(line, where, cause);
  }
  throw badLine(line, where);
}

const isEntry = (value: unknown): value is HistoryEntry =>
  typeof value === "object" &&
  value !== null &&
  "kind" in value &&
  "at" in value &&
  "process" in value &&
  typeof value.at === "number" &&
  typeof value.process === "string" &&
  (ENTRY_KINDS as readonly unknown[]).includes(value.kind);

const badLine = (line: string, where: string, cause?: unknown): QueueError =>
  new QueueError("BAD_OPTION", `${where}: not a line of a history: ${line.slice(0, 80)}`, { cause });
