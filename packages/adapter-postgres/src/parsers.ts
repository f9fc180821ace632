/** How columns are read on the connections that are ours: numbers as numbers, JSON as the text that it is. */

import pg from "pg";

const { builtins, getTypeParser } = pg.types;
/** `bigint[]`; the driver's list of names has no arrays. */
const INT8_ARRAY = 1_016;
const TEXT = (text: string): string => text;

const OURS: ReadonlyMap<number, (text: string) => unknown> = new Map<number, (text: string) => unknown>([
  [builtins.INT8, toNumber],
  [INT8_ARRAY, (text: string) => (text === "{}" ? [] : text.slice(1, -1).split(",").map(toNumberOrNull))],
  // Parsed only where it is needed; payloads never.
  [builtins.JSON, TEXT],
  [builtins.JSONB, TEXT],
]);

export const parsers: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: "text" | "binary") =>
    (format !== "binary" && OURS.get(oid)) || getTypeParser(oid, format)) as typeof getTypeParser,
};

/** @throws RangeError for a number that JavaScript would round */
function toNumber(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number)) throw new RangeError(`${text} is no safe integer`);
  return number;
}

const toNumberOrNull = (text: string): number | null => (text === "NULL" ? null : toNumber(text));
