/** What every check is given, and what becomes of a check that cannot look. */

import { type Diagnosis, type Instant, isQueueError, notLookedAt } from "@jobyard/core/adapter";
import type { Connection } from "../connection.ts";
import { sqlState } from "../faults.ts";
import type { Hearing } from "../listener.ts";

/** A connection as a check sees it: outside of any transaction. */
export interface Looking {
  readonly db: Connection;
  /** False: a pooler stands between us and the server. */
  readonly isDirect: boolean;
}

export interface Examination {
  /** As it was configured. */
  readonly schema: string;
  /** Runs one look with the limits of a call. Its errors are ours. */
  readonly run: <T>(look: (connection: Looking) => Promise<T>) => Promise<T>;
  /** Of this machine. */
  readonly now: () => Instant;
  readonly hearing: Hearing;
}

/** What one check sees. */
export interface Sight extends Looking, Pick<Examination, "schema" | "hearing"> {
  /** By this machine's clock. */
  readonly here: Instant;
}

export type Check = (sight: Sight) => Promise<Diagnosis>;

/**
 * Runs a check. What it may not look at is told as advice.
 *
 * @throws QueueError `STORE_UNAVAILABLE` and others of its kind: the server does not answer any more
 */
export async function look(code: string, check: Check, { schema, hearing, now, run }: Examination): Promise<Diagnosis> {
  try {
    return await run((connection) => check({ ...connection, schema, hearing, here: now() }));
  } catch (error) {
    const reason = wordsOf(error);
    if (isQueueError(error, "STORE_CORRUPT")) {
      const fix = "Stop the workers, and restore a backup.";
      return { code, level: "problem", text: reason, evidence: { reason }, fix };
    }
    if (isQueueError(error) && !MAY_NOT.has(sqlState(error) ?? "")) throw error;
    return notLookedAt(code, reason, "Look at it by hand, or give the role what it lacks.");
  }
}

/** The server's own, where it was the server that refused. */
function wordsOf(error: unknown): string {
  const cause = isQueueError(error) ? error.cause : error;
  return cause instanceof Error ? cause.message : String(error);
}

/** The role lacks a right, or a statement took longer than the server allows. */
const MAY_NOT: ReadonlySet<string> = new Set(["42501", "57014"]);

export const MiB = 1_048_576;
export const GiB: number = 1_024 * MiB;

/** `90 min`. */
export const minutesText = (ms: number): string => `${Math.floor(ms / 60_000)} min`;

/** A table as a person names it in a command. The schema's name has no character that needs quotes. */
export const named = ({ schema }: Pick<Sight, "schema">, table: string): string => `${schema}.${table}`;

/** The first few, and how many more there are. */
export const few = (names: readonly string[]): string =>
  names.length <= 5 ? names.join(", ") : `${names.slice(0, 5).join(", ")} and ${names.length - 5} more`;
