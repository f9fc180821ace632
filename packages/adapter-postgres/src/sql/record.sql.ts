/** Small documents: see records.ts. */

import type { JsonText, StoredRecord } from "@jobyard/core/adapter";
import { type Statement, sql } from "../statement.ts";

interface Key {
  readonly kind: string;
  readonly id: string;
}
interface Saved extends Key {
  readonly doc: JsonText;
  /** From now on; `null`: for ever. */
  readonly ttl_ms: number | null;
}
interface Version {
  readonly version: number;
}

export const findRecord: Statement<Key, StoredRecord> = sql`
  SELECT id, doc, version FROM jobyard.record
   WHERE kind = @kind AND id = @id AND (expires_at IS NULL OR expires_at > jobyard.now_ms())
`;

/** Whatever stands there. */
export const saveRecord: Statement<Saved, Version> = sql`
  INSERT INTO jobyard.record AS known (kind, id, version, expires_at, doc)
  VALUES (@kind, @id, 1, jobyard.now_ms() + @ttl_ms::bigint, @doc)
  ON CONFLICT (kind, id) DO UPDATE
     SET version = CASE WHEN known.expires_at <= jobyard.now_ms() THEN 1 ELSE known.version + 1 END,
         expires_at = excluded.expires_at, doc = excluded.doc
  RETURNING version
`;
/** No row, and no change, if there is a live one. */
export const createRecord: Statement<Saved, Version> = sql`
  INSERT INTO jobyard.record AS known (kind, id, version, expires_at, doc)
  VALUES (@kind, @id, 1, jobyard.now_ms() + @ttl_ms::bigint, @doc)
  ON CONFLICT (kind, id) DO UPDATE
     SET version = 1, expires_at = excluded.expires_at, doc = excluded.doc
   WHERE known.expires_at <= jobyard.now_ms()
  RETURNING version
`;
/** No row, and no change, if it is not there in this version. */
export const replaceRecord: Statement<Saved & Version, Version> = sql`
  UPDATE jobyard.record SET version = version + 1, expires_at = jobyard.now_ms() + @ttl_ms::bigint, doc = @doc
   WHERE kind = @kind AND id = @id AND version = @version::integer
     AND (expires_at IS NULL OR expires_at > jobyard.now_ms())
  RETURNING version
`;

export const recordsAfter: Statement<
  { readonly kind: string; readonly after: string; readonly limit: number },
  StoredRecord
> = sql`
  SELECT id, doc, version FROM jobyard.record
   WHERE kind = @kind AND id > @after AND (expires_at IS NULL OR expires_at > jobyard.now_ms())
   ORDER BY id LIMIT @limit::integer
`;
/** The same downwards. */
export const recordsBefore: Statement<
  { readonly kind: string; readonly before: string; readonly limit: number },
  StoredRecord
> = sql`
  SELECT id, doc, version FROM jobyard.record
   WHERE kind = @kind AND id < @before AND (expires_at IS NULL OR expires_at > jobyard.now_ms())
   ORDER BY id DESC LIMIT @limit::integer
`;

/** `live`: it was not over yet. */
export const deleteRecord: Statement<Key, { readonly live: boolean }> = sql`
  DELETE FROM jobyard.record WHERE kind = @kind AND id = @id
  RETURNING coalesce(expires_at > jobyard.now_ms(), true) AS live
`;
