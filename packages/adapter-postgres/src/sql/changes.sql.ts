/** Everything that a step changes about jobs, in one statement: see migrations/001/changes.sql.ts. */

import type { Instant, JsonText, State } from "@jobyard/core/adapter";
import type { ReadTexts } from "../locks.ts";
import type { Changing } from "../rows.ts";
import { type Statement, sql } from "../statement.ts";

/** Lists of jobs are lists of their numbers. A part that is empty is left out. */
export interface Changes {
  readonly now: Instant;
  readonly leases?: readonly {
    readonly session: string;
    readonly token: string;
    readonly queue: string;
    readonly settled: number;
    readonly lost: readonly number[];
  }[];
  /** Out of the trash; then they are changed like others. */
  readonly restored?: readonly number[];
  /** The line, from where they stood before. */
  readonly leaving?: readonly number[];
  readonly jobs?: readonly JobUpdate[];
  /** So many of them get a new number. */
  readonly numbered: number;
  /** The line, where they stand now. */
  readonly joining?: readonly number[];
  /** Events that may be there already. */
  readonly made?: readonly EventRow[];
  readonly events?: readonly EventRow[];
  readonly calm?: readonly number[];
  readonly attention?: readonly {
    readonly pk: number;
    readonly state: State;
    readonly queue: string;
    readonly at: Instant;
    readonly finished_at: Instant | null;
  }[];
  readonly trashed?: readonly number[];
  readonly freed?: readonly KeyOf[];
  readonly gone?: readonly (KeyOf & { readonly state: State | null })[];
  readonly taken?: readonly (KeyOf & { readonly id: string })[];
  readonly done?: readonly {
    readonly queue: string;
    readonly finished_at: Instant;
    readonly pk: number;
    readonly pks: readonly number[];
  }[];
  readonly tally?: readonly ({ readonly queue: string } & Counters)[];
}

/** A text that stays is null; a new one is in brackets. */
export type JobUpdate = Changing &
  ReadTexts & {
    readonly pk: number;
    /** Its turn to get a new number for `ord`, counted from 1. */
    readonly fresh: number | null;
  };

export interface EventRow {
  readonly pk: number;
  readonly seq: number;
  readonly at: Instant;
  readonly kind: string;
  readonly data: JsonText | null;
}

export interface KeyOf {
  readonly queue: string;
  readonly key: string;
  readonly pk: number;
}

/** Columns of `tally`. */
export interface Counters {
  readonly depth: number;
  readonly completed: number;
  readonly completed_bytes: number;
  readonly dead: number;
  readonly dead_bytes: number;
  readonly cancelled: number;
  readonly cancelled_bytes: number;
}

/** `changes`: {@link Changes} as JSON. */
export const writeChanges: Statement<{ readonly changes: string }, { readonly done: string }> = sql`
  SELECT jobyard.write_changes(@changes::json)::text AS done
`;
