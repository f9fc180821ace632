/** One look at everything that could grow. */

import { statSync } from "node:fs";
import Database from "better-sqlite3";

export interface Sample {
  /** Since the start. */
  readonly ms: number;
  /** Jobs that were worked off. */
  readonly done: number;
  readonly file: number;
  /** The most since the last sample. */
  readonly log: number;
  /** Of the file. */
  readonly free: number;
  readonly processes: readonly ProcessSample[];
}

export interface ProcessSample {
  readonly name: string;
  readonly rss: number;
  readonly heap: number;
}

export const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

/** Bytes in pages that hold nothing. Its transaction is over when it returns. */
export function freeBytes(file: string): number {
  const database = new Database(file, { readonly: true });
  try {
    const [pages, size] = ["freelist_count", "page_size"].map((name) =>
      Number(database.pragma(name, { simple: true })),
    );
    return (pages ?? 0) * (size ?? 0);
  } finally {
    database.close();
  }
}
