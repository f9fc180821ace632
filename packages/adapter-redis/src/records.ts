/** Small documents with compare-and-set and expiry, each verb one script. */

import type { JsonText, StoredRecord } from "@jobyard/core/adapter";
import { getRecordScript, listRecordsScript, putRecordScript, removeRecordScript } from "./lua/records.lua.ts";
import { packed } from "./packed.ts";
import type { Scripts } from "./scripts.ts";

export interface PutOptions {
  readonly ifVersion?: number;
  readonly ttlMs?: number;
}

export async function putRecord(
  scripts: Scripts,
  kind: string,
  id: string,
  doc: JsonText,
  { ifVersion, ttlMs }: PutOptions = {},
): Promise<number | null> {
  const asked = packed({ kind, id, doc, if_version: ifVersion ?? null, ttl_ms: ttlMs ?? null });
  return (await scripts.run(putRecordScript, asked)) as number | null;
}

export async function getRecord(scripts: Scripts, kind: string, id: string): Promise<StoredRecord | null> {
  const found = (await scripts.run(getRecordScript, packed({ kind, id }))) as readonly [number, JsonText] | null;
  return found && { id, doc: found[1], version: found[0] };
}

export async function listRecords(
  scripts: Scripts,
  kind: string,
  after: string | null,
  limit: number,
  direction: "up" | "down" = "up",
): Promise<readonly StoredRecord[]> {
  const asked = packed({ kind, after, limit, down: direction === "down" });
  const found = (await scripts.run(listRecordsScript, asked)) as readonly Row[];
  return found.map(([id, version, doc]) => ({ id, doc, version }));
}

type Row = readonly [id: string, version: number, doc: JsonText];

export async function removeRecord(scripts: Scripts, kind: string, id: string): Promise<boolean> {
  return (await scripts.run(removeRecordScript, packed({ kind, id }))) === 1;
}
