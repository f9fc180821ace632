/** The table of an outbox as its relays see it, whatever database it is in. */

import { DEFAULTS, type NewJob } from "@jobyard/core/adapter";
import type { OutboxStatus, RefusedJob } from "./surface.ts";

export interface OutboxTable {
  /**
   * Takes rows in the order in which they were written, hands them to `deliver`, and does with each what the answer
   * says. No other pass has these rows meanwhile; if this process ends, they are free again.
   *
   * @param deliver - one verdict per row; not called if there is none. If it fails all rows stay
   * @returns how many rows were taken
   */
  pass(request: PassRequest, deliver: (rows: readonly OutboxRow[]) => Promise<readonly Verdict[]>): Promise<number>;
  migrate(): Promise<{ readonly from: number; readonly to: number }>;
  status(): Promise<OutboxStatus>;
  refused(limit: number): Promise<readonly RefusedJob[]>;
  retry(numbers: readonly number[]): Promise<number>;
  discard(numbers: readonly number[]): Promise<number>;
}

export interface PassRequest {
  /** Most rows, 1 to 1,000. */
  readonly limit: number;
  /** Queues whose rows stay where they are. */
  readonly except: readonly string[];
}

export interface OutboxRow {
  /** Rises from write to write. */
  readonly number: number;
  /** Its delay and its expiry count from now. @throws SyntaxError if somebody else wrote the row */
  readonly job: () => NewJob;
}

/** `refused`: the row is kept with the reason, and taken no more. */
export type Verdict =
  | { readonly fate: "gone" }
  | { readonly fate: "stays" }
  | { readonly fate: "refused"; readonly code: string; readonly message: string };

/** Numbers of the rows of each fate, as the statements want them. */
export function byFate(
  rows: readonly { readonly number: number }[],
  verdicts: readonly Verdict[],
): {
  readonly gone: readonly number[];
  readonly stays: readonly number[];
  readonly refused: readonly { readonly number: number; readonly code: string; readonly message: string }[];
} {
  const of = (fate: Verdict["fate"]) => rows.filter((_, index) => (verdicts[index]?.fate ?? "stays") === fate);
  return {
    gone: of("gone").map(({ number }) => number),
    stays: of("stays").map(({ number }) => number),
    refused: rows.flatMap(({ number }, index) => {
      const verdict = verdicts[index];
      return verdict?.fate === "refused" ? [{ number, code: verdict.code, message: storable(verdict.message) }] : [];
    }),
  };
}

/** An error's text may hold what Postgres cannot keep, and be as long as it likes. */
const storable = (text: string): string =>
  text.slice(0, DEFAULTS.maxErrorChars).toWellFormed().replaceAll("\0", "\uFFFD");
