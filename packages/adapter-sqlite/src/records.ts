/** Small documents with compare-and-set and expiry. An expired one is no record, whether it was swept or not. */

import type { JsonText, StoredRecord } from "@jobyard/core/adapter";
import { deleteRecord, findRecord, listRecords as list, saveRecord } from "./sql/record.sql.ts";
import type { Step, View } from "./step.ts";

export interface PutOptions {
  readonly ifVersion?: number;
  readonly ttlMs?: number;
}

export function putRecord(
  step: Step,
  kind: string,
  id: string,
  doc: JsonText,
  options: PutOptions = {},
): number | null {
  const { db, now } = step;
  const version = db.get(findRecord, { kind, id, now })?.version ?? 0;
  if (options.ifVersion !== undefined && options.ifVersion !== version) return null;
  const expires_at = options.ttlMs === undefined ? null : now + options.ttlMs;
  db.run(saveRecord, { kind, id, version: version + 1, expires_at, doc });
  step.touched.add(null);
  return version + 1;
}

export const getRecord = ({ db, now }: View, kind: string, id: string): StoredRecord | null =>
  db.get(findRecord, { kind, id, now }) ?? null;

export const listRecords = (
  { db, now }: View,
  kind: string,
  after: string | null,
  limit: number,
): readonly StoredRecord[] => db.all(list, { kind, after: after ?? "", now, limit });

export function removeRecord(step: Step, kind: string, id: string): boolean {
  const wasThere = getRecord(step, kind, id) !== null;
  step.db.run(deleteRecord, { kind, id });
  if (wasThere) step.touched.add(null);
  return wasThere;
}
