/** Rows of the `job` table as Postgres tells them. */

import type { StoredChanging, StoredJob, StoredSummary } from "@jobyard/core/adapter";

/** What a settle or a move may change, but for the texts. */
export type Changing = StoredChanging<boolean>;

export type JobRow = StoredJob<boolean>;
export type SummaryRow = StoredSummary<boolean>;
