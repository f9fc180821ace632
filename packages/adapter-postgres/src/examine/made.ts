/** What the migrations make, by name: read from their own text, so that the two never differ. */

import { MIGRATIONS } from "../migrations/index.ts";
import type { Relation } from "../sql/examine-tables.sql.ts";

export interface Made {
  readonly kind: Relation["kind"];
  readonly name: string;
  /** Of an index the statement that makes it, for a schema named `jobyard`; else empty. */
  readonly statement: string;
}

const CHANGE =
  /^\s*(CREATE|DROP) (?:OR REPLACE )?(?:UNIQUE )?(TABLE|INDEX|SEQUENCE|FUNCTION|TYPE) (?:IF (?:NOT )?EXISTS )?(?:jobyard\.)?(\w+)/gm;

/** Keyed by kind and name. */
export function madeByMigrations(
  texts: readonly string[] = MIGRATIONS.flatMap(({ scripts }) => scripts.map(({ text }) => text)),
): ReadonlyMap<string, Made> {
  const made = new Map<string, Made>();
  for (const text of texts)
    for (const {
      0: { length },
      1: verb,
      2: kindWord = "",
      3: name = "",
      index,
    } of text.matchAll(CHANGE)) {
      const kind = kindWord.toLowerCase() as Made["kind"];
      const end = text.indexOf(";", index + length);
      const statement = kind === "index" ? text.slice(index, end).trim().replaceAll(/\s+/g, " ") : "";
      if (verb === "DROP") made.delete(keyOf({ kind, name }));
      else made.set(keyOf({ kind, name }), { kind, name, statement });
    }
  return made;
}

export const keyOf = ({ kind, name }: Pick<Made, "kind" | "name">): string => `${kind} ${name}`;
