/**
 * The end of a server's append-only file as a failure of the power may leave it: a kill leaves what the system has taken,
 * and a machine that goes down takes along what was not yet on its disk, which is a second's work and no more.
 */

import { readdirSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";

export interface WrittenLog {
  /**
   * Takes away what was written in the second before `at`; the server is dead. Null if the file was not seen that long.
   *
   * @param at - when it was killed
   */
  tear(at: number): Torn | null;
  stop(): void;
}

export interface Torn {
  /** When the file ended where it ends now. */
  readonly from: number;
  readonly bytes: number;
}

const SECOND_MS = 1_000;
const LOOK_EVERY_MS = 10;
/** As many sizes are remembered. */
const MOST = 3 * (SECOND_MS / LOOK_EVERY_MS);

interface Seen {
  readonly at: number;
  readonly file: string;
  readonly size: number;
}

/** @param folder - the server's */
export function watchLog(folder: string): WrittenLog {
  const seen: Seen[] = [];
  const look = (): void => {
    const file = currentFile(folder);
    if (file === null) return;
    seen.push({ at: Date.now(), file, size: statSync(file).size });
    if (seen.length > MOST) seen.shift();
  };
  const timer = setInterval(look, LOOK_EVERY_MS);
  return {
    tear: (at) => {
      const end = seen.findLast((one) => one.at <= at - SECOND_MS);
      if (end === undefined || end.file !== currentFile(folder)) return null;
      const bytes = statSync(end.file).size - end.size;
      truncateSync(end.file, end.size);
      seen.length = 0;
      return { from: end.at, bytes };
    },
    stop: () => clearInterval(timer),
  };
}

/** The file that grows; null as long as there is none. */
function currentFile(folder: string): string | null {
  const logs = join(folder, "appendonlydir");
  try {
    const growing = readdirSync(logs).filter((name) => name.endsWith(".incr.aof"));
    return growing.length === 1 && growing[0] !== undefined ? join(logs, growing[0]) : null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}
