/** Small documents: see records.ts. */

import type { Instant, JsonText, StoredRecord } from "@jobyard/core/adapter";
import { type Statement, sql } from "../statement.ts";

interface Key {
  readonly kind: string;
  readonly id: string;
}

export const findRecord: Statement<Key & { readonly now: Instant }, StoredRecord> = sql`
  SELECT id, doc, version FROM jobyard_record
   WHERE kind = @kind AND id = @id AND (expires_at IS NULL OR expires_at > @now)
`;

export const saveRecord: Statement<
  Key & { readonly version: number; readonly expires_at: Instant | null; readonly doc: JsonText }
> = sql`
  INSERT INTO jobyard_record (kind, id, version, expires_at, doc) VALUES (@kind, @id, @version, @expires_at, @doc)
  ON CONFLICT (kind, id) DO UPDATE
     SET version = excluded.version, expires_at = excluded.expires_at, doc = excluded.doc
`;

export const recordsAfter: Statement<
  { readonly kind: string; readonly after: string; readonly now: Instant; readonly limit: number },
  StoredRecord
> = sql`
  SELECT id, doc, version FROM jobyard_record
   WHERE kind = @kind AND id > @after AND (expires_at IS NULL OR expires_at > @now)
   ORDER BY id LIMIT @limit
`;

/** The same downwards. */
export const recordsBefore: Statement<
  { readonly kind: string; readonly before: string; readonly now: Instant; readonly limit: number },
  StoredRecord
> = sql`
  SELECT id, doc, version FROM jobyard_record
   WHERE kind = @kind AND id < @before AND (expires_at IS NULL OR expires_at > @now)
   ORDER BY id DESC LIMIT @limit
`;

export const deleteRecord: Statement<Key> = sql`
  DELETE FROM jobyard_record WHERE kind = @kind AND id = @id
`;
