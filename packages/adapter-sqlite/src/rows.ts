/** Rows of the `job` table as SQLite tells them: yes and no are 1 and 0. */

import {
  byteLength,
  type JobRef,
  type StoredChanging,
  type StoredJob,
  type StoredSummary,
  type StoredTexts,
} from "@jobyard/core/adapter";

/** What a settle or a move may change. */
export type Mutable = StoredChanging<0 | 1> & StoredTexts;

export type JobRow = StoredJob<0 | 1>;
export type SummaryRow = StoredSummary<0 | 1>;

export const refOf = (row: { readonly queue: string; readonly id: string }): JobRef => ({
  queue: row.queue,
  id: row.id,
});

/** What the job counts towards retention by bytes: the texts as they are stored, as in purge.sql.ts. */
export const bytesOf = ({ payload, result, errors }: Pick<JobRow, "payload" | "result" | "errors">): number =>
  byteLength(payload) + (result === null ? 0 : byteLength(result)) + (errors === null ? 0 : byteLength(errors));
