/** A job as a search looks at it, for the terms that the database could not decide alone. */

import {
  type AttemptError,
  errorsIn,
  type Filter,
  type JsonText,
  type Parent,
  parsed,
  type Searchable,
} from "@jobyard/core/adapter";
import { type LookedRow, largeTexts, type NamedLane, type WantedTexts } from "../sql/read.sql.ts";
import type { View } from "../step.ts";

/** Payloads and results up to this size are read with the row if a term asks for them; longer ones one at a time. */
export const SMALL_BYTES = 16_384;

const NONE: WantedTexts = { withNames: false, withErrors: false, withPayload: false, withResult: false };
const TEXTS: Readonly<Record<string, Partial<WantedTexts>>> = {
  error: { withErrors: true },
  word: { withNames: true, withErrors: true },
  payload: { withPayload: true },
  result: { withResult: true },
};

/** What these terms read. */
export const textsFor = (undecided: Filter): WantedTexts =>
  Object.assign({}, NONE, ...undecided.map(({ field }) => TEXTS[field] ?? { withNames: true }));

/** Has what undecided terms ask for, and nothing else. */
export type Undecided = Pick<
  Searchable,
  "id" | "name" | "reason" | "tags" | "group" | "parent" | "errors" | "payload" | "result"
>;

export async function undecidedOf(
  { db }: View,
  row: LookedRow,
  lane: NamedLane,
  texts: WantedTexts,
): Promise<Undecided> {
  const isMissing = (texts.withPayload && row.payload === null) || (texts.withResult && row.result === null);
  const large = isMissing ? await db.get(largeTexts, { pk: row.pk }) : undefined;
  return new Candidate(row, lane, texts, large ?? row);
}

class Candidate implements Undecided {
  readonly #row: LookedRow;
  readonly #lane: NamedLane;
  readonly #texts: WantedTexts;
  readonly #large: { readonly payload: JsonText | null; readonly result: JsonText | null };

  constructor(row: LookedRow, lane: NamedLane, texts: WantedTexts, large: Pick<LookedRow, "payload" | "result">) {
    this.#row = row;
    this.#lane = lane;
    this.#texts = texts;
    this.#large = large;
  }

  get name(): string {
    return this.#lane.name;
  }
  get id(): string {
    return this.#with("withNames").id ?? "";
  }
  get reason(): Searchable["reason"] {
    return this.#with("withNames").reason as Searchable["reason"];
  }
  get tags(): readonly string[] {
    return parsed(this.#with("withNames").tags) ?? [];
  }
  get group(): string | null {
    return this.#with("withNames").grp;
  }
  get parent(): Parent | null {
    return parsed(this.#with("withNames").parent);
  }
  get errors(): readonly AttemptError[] {
    return errorsIn(this.#with("withErrors").errors);
  }
  get payload(): JsonText {
    this.#with("withPayload");
    return this.#large.payload ?? "null";
  }
  get result(): JsonText | null {
    this.#with("withResult");
    return this.#large.result;
  }

  /** What was not read must not be taken for what is not there. */
  #with(texts: keyof WantedTexts): LookedRow {
    if (!this.#texts[texts]) throw new TypeError(`a search was not read ${texts}`);
    return this.#row;
  }
}
