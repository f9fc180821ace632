/**
 * Small documents with compare-and-set and expiry. An expired one is no record, whether it was swept or not. Every
 * verb is one statement.
 */

import type { JsonText, StoredRecord } from "@jobyard/core/adapter";
import type { Connection } from "./connection.ts";
import {
  createRecord,
  deleteRecord,
  findRecord,
  recordsAfter,
  recordsBefore,
  replaceRecord,
  saveRecord,
} from "./sql/record.sql.ts";
import type { Call } from "./step.ts";

/** The last code point there is, which no id may hold. */
const BEYOND_ALL_IDS = "\u{10FFFF}";

export interface PutOptions {
  readonly ifVersion?: number;
  readonly ttlMs?: number;
}

export async function putRecord(
  call: Call,
  kind: string,
  id: string,
  doc: JsonText,
  { ifVersion, ttlMs }: PutOptions = {},
): Promise<number | null> {
  const { db, touched } = call;
  const saved = { kind, id, doc, ttl_ms: ttlMs ?? null };
  const row =
    ifVersion === undefined
      ? await db.get(saveRecord, saved)
      : ifVersion === 0
        ? await db.get(createRecord, saved)
        : await db.get(replaceRecord, { ...saved, version: ifVersion });
  if (row === undefined) return null;
  touched.add(null);
  return row.version;
}

export const getRecord = async (db: Connection, kind: string, id: string): Promise<StoredRecord | null> =>
  (await db.get(findRecord, { kind, id })) ?? null;

export const listRecords = (
  db: Connection,
  kind: string,
  after: string | null,
  limit: number,
  direction: "up" | "down" = "up",
): Promise<readonly StoredRecord[]> =>
  direction === "up"
    ? db.all(recordsAfter, { kind, after: after ?? "", limit })
    : db.all(recordsBefore, { kind, before: after ?? BEYOND_ALL_IDS, limit });

export async function removeRecord({ db, touched }: Call, kind: string, id: string): Promise<boolean> {
  const removed = await db.get(deleteRecord, { kind, id });
  if (removed?.live !== true) return false;
  touched.add(null);
  return true;
}
