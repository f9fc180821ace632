/** Whether the tables are there and are ours, in a version that this program works on. */

import { QueueError } from "@jobyard/core/adapter";
import { TABLE_VERSION } from "./migrations.ts";
import type { Place } from "./place.ts";

/** What a look found. */
export interface Found {
  readonly hasTable: boolean;
  /** `null` if there is no table of versions, or nothing in it. */
  readonly version: number | null;
  readonly compatibleFrom: number;
}

/** @throws QueueError `SCHEMA_MISSING`, `SCHEMA_TOO_OLD`, `SCHEMA_TOO_NEW`; `BAD_OPTION` with the field `table` */
export function assertReady(found: Found, place: Place): void {
  if (found.version !== null && !found.hasTable)
    throw new QueueError("SCHEMA_MISSING", `${place.name} was dropped, and ${place.name}_version was not`);
  const version = versionIn(found, place);
  if (version === 0) throw new QueueError("SCHEMA_MISSING", `there is no ${place.name}. ${COMMAND}`);
  if (version < TABLE_VERSION)
    throw new QueueError("SCHEMA_TOO_OLD", `${place.name} has version ${version} of ${TABLE_VERSION}. ${COMMAND}`);
}

/** @returns 0 if there are no tables @throws QueueError `SCHEMA_TOO_NEW`; `BAD_OPTION` with the field `table` */
export function versionIn({ hasTable, version, compatibleFrom }: Found, place: Place): number {
  if (version === null) {
    if (hasTable) throw notOurs(place);
    return 0;
  }
  if (version > TABLE_VERSION && compatibleFrom > TABLE_VERSION)
    throw new QueueError(
      "SCHEMA_TOO_NEW",
      `${place.name} has version ${version}, this installation knows ${TABLE_VERSION}`,
    );
  return version;
}

/** A table that has the name, and not the columns or not the version beside it. */
export const notOurs = ({ name }: Place, cause?: unknown): QueueError =>
  new QueueError("BAD_OPTION", `table: ${name} is not an outbox of ours; name another table`, {
    field: "table",
    cause,
  });

/** The table was there before. */
export const gone = ({ name }: Place, cause: unknown): QueueError =>
  new QueueError("SCHEMA_MISSING", `${name} is there no more. ${COMMAND}`, { cause });

const COMMAND = "Call migrate() of the outbox once, or run the text of outboxTable()";
