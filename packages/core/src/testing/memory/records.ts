/** Small documents with compare-and-set and expiry. An expired one is no record, whether it was swept or not. */

import type { StoredRecord } from "../../contract/adapter.ts";
import type { Instant, JsonText } from "../../nouns/job.ts";
import type { RecordRow, Store } from "./store.ts";

export interface PutOptions {
  readonly ifVersion?: number;
  readonly ttlMs?: number;
}

export function putRecord(store: Store, kind: string, id: string, doc: JsonText, options?: PutOptions): number | null {
  const version = writeRecord(store, kind, id, doc, options);
  if (version !== null) store.hints.touch(null);
  return version;
}

/** As {@link putRecord}, as part of a step that tells its own change. */
export function writeRecord(
  store: Store,
  kind: string,
  id: string,
  doc: JsonText,
  { ifVersion, ttlMs }: PutOptions = {},
): number | null {
  const now = store.ports.now();
  const version = liveRecord(store, kind, id, now)?.version ?? 0;
  if (ifVersion !== undefined && ifVersion !== version) return null;
  const ofKind = store.records.get(kind) ?? new Map<string, RecordRow>();
  store.records.set(kind, ofKind);
  ofKind.set(id, { doc, version: version + 1, expiresAt: ttlMs === undefined ? null : now + ttlMs });
  return version + 1;
}

export function getRecord(store: Store, kind: string, id: string): StoredRecord | null {
  const record = liveRecord(store, kind, id, store.ports.now());
  return record && { id, doc: record.doc, version: record.version };
}

export function listRecords(
  store: Store,
  kind: string,
  after: string | null,
  limit: number,
  direction: "up" | "down" = "up",
): readonly StoredRecord[] {
  const all = [...(store.records.get(kind)?.keys() ?? [])].sort();
  const ordered = direction === "up" ? all : all.reverse();
  const ids = ordered.filter((id) => after === null || (direction === "up" ? id > after : id < after));
  const records: StoredRecord[] = [];
  for (const id of ids) {
    if (records.length >= limit) break;
    const record = getRecord(store, kind, id);
    if (record) records.push(record);
  }
  return records;
}

export function removeRecord(store: Store, kind: string, id: string): boolean {
  const wasThere = liveRecord(store, kind, id, store.ports.now()) !== null;
  store.records.get(kind)?.delete(id);
  if (wasThere) store.hints.touch(null);
  return wasThere;
}

export const isExpired = ({ expiresAt }: RecordRow, now: Instant): boolean => expiresAt !== null && expiresAt <= now;

function liveRecord(store: Store, kind: string, id: string, now: Instant): RecordRow | null {
  const record = store.records.get(kind)?.get(id);
  return record && !isExpired(record, now) ? record : null;
}
