/**
 * What the store hands to its callers: a connection, the time, and where they say what they changed.
 *
 * Three sizes: a {@link Call} is one statement and one round trip; a {@link View} is several readings of one state;
 * a {@link Step} is a transaction.
 */

import type { Instant } from "@jobyard/core/adapter";
import type { Connection } from "./connection.ts";

/** Several statements that see one state of the store. */
export interface View {
  readonly db: Connection;
  /** One instant for the whole step, by the server's clock. */
  readonly now: Instant;
}

/** Told to others once the change is committed. */
export interface Marks {
  /** Queues in which something changed, for those who watch; `null`: something that belongs to no queue. */
  readonly touched: Set<string | null>;
  /**
   * Queues in which a claim that found nothing may find something now, or sooner than it was told: jobs came into
   * line, a time was moved forward, a pause or a limit ended. Claims that wait are woken by this and by nothing else.
   */
  readonly offered: Set<string | null>;
}

/** One statement that may write, which commits by itself: a function of ours that answers with everything. */
export interface Call extends Marks {
  readonly db: Connection;
}

/** A transaction. */
export interface Step extends View, Marks {}

export const noMarks = (): Marks => ({ touched: new Set(), offered: new Set() });
