/** What every check is given, and what becomes of a check that cannot look. */

import { type Diagnosis, type Instant, isQueueError, notLookedAt } from "@jobyard/core/adapter";
import type { Connection } from "../connection.ts";
import { faultOf } from "../faults.ts";
import type { Tuning } from "../file.ts";

/** File and settings as they were asked for. */
export interface Examination extends Tuning {
  readonly db: Connection;
  readonly now: Instant;
}

export type Check<T = Examination> = (examination: T) => Diagnosis;

/** Runs a check. What it may not look at is told as advice; a file that SQLite cannot read is a problem. */
export function look<T extends Pick<Examination, "file">>(code: string, check: Check<T>, examination: T): Diagnosis {
  try {
    return check(examination);
  } catch (error) {
    const fault = faultOf(error, examination.file);
    const reason = fault instanceof Error ? fault.message : String(fault);
    if (isQueueError(fault, "STORE_CORRUPT")) {
      const text = "SQLite cannot read a part of the file.";
      return { code, level: "problem", text, evidence: { reason }, fix: RESTORE };
    }
    return notLookedAt(code, reason, "Look at it by hand.");
  }
}

export const RESTORE =
  "Stop the workers, keep a copy of the file, and restore a backup; what can be read: sqlite3 <file> .recover.";

export const MiB = 1_048_576;
