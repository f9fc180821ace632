/**
 * Writes what one process saw: one file per process, one line per entry, one write per line, so that a process that
 * is killed at any moment leaves at most a cut last line.
 */

import { mkdirSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { HistoryEntry, Stamp } from "@jobyard/core/testing";

export interface HistoryWriter {
  /** Has reached the system when this returns. */
  write(entry: Entry): void;
  /** Joins the two entries of a call; new each time. */
  nextCall(): number;
}

/** An entry without what the writer adds. */
export type Entry = Unstamped<HistoryEntry>;
type Unstamped<T> = T extends unknown ? Omit<T, keyof Stamp> : never;

/** @param process - a name that no other process of the run has */
export function openHistory(folder: string, process: string): HistoryWriter {
  const append = openLines(folder, process);
  let calls = 0;
  return {
    write: (entry) => append({ at: Date.now(), process, ...entry }),
    nextCall: () => ++calls,
  };
}

/** A file of JSON lines for one process. */
export function openLines(folder: string, process: string): (line: object) => void {
  mkdirSync(folder, { recursive: true });
  const file = openSync(join(folder, `${process}.jsonl`), "a");
  return (line) => {
    const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
    const written = writeSync(file, bytes);
    if (written !== bytes.length) throw new Error(`${process}: ${written} of ${bytes.length} bytes were written`);
  };
}
