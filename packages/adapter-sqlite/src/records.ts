/** Small documents with compare-and-set and expiry. An expired one is no record, whether it was swept or not. */

import type { JsonText, StoredRecord } from "@jobyard/core/adapter";
import { deleteRecord, findRecord, recordsAfter, recordsBefore, saveRecord } from "./sql/record.sql.ts";
import type { Step, View } from "./step.ts";

/** The last code point there is, which no id may hold. */
const BEYOND_ALL_IDS = "\u{10FFFF}";

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
  direction: "up" | "down" = "up",
): readonly StoredRecord[] =>
  direction === "up"
    ? db.all(recordsAfter, { kind, after: after ?? "", now, limit })
    : db.all(recordsBefore, { kind, before: after ?? BEYOND_ALL_IDS, now, limit });

export function removeRecord(step: Step, kind: string, id: string): boolean {
  const wasThere = getRecord(step, kind, id) !== null;
  step.db.run(deleteRecord, { kind, id });
  if (wasThere) step.touched.add(null);
  return wasThere;
}
