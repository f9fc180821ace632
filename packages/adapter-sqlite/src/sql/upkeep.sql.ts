/** What keeps the file and its log small: see upkeep.ts. */

import { type None, type Statement, sql } from "../statement.ts";

export interface Checkpointed {
  /** 1: somebody was in the way. */
  readonly busy: number;
  /** Pages in the log; -1 if there is none. */
  readonly log: number;
  /** Those of them that stand in the file. */
  readonly checkpointed: number;
}

/** Copies nothing, and tells how the log stands. */
export const lookAtLog: Statement<None, Checkpointed> = sql`
  PRAGMA wal_checkpoint(NOOP)
`;
/** Copies what it can without waiting for anybody. */
export const copyLog: Statement<None, Checkpointed> = sql`
  PRAGMA wal_checkpoint(PASSIVE)
`;
/** Copies everything, waits for those who read from the log, and makes it empty. */
export const truncateLog: Statement<None, Checkpointed> = sql`
  PRAGMA wal_checkpoint(TRUNCATE)
`;

/** 4 MiB from the end of the file, at most; its pages in use move to free places before. */
export const giveBackPages: Statement<None> = sql`
  PRAGMA incremental_vacuum(1000)
`;
