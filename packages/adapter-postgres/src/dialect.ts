/**
 * Statements as they are sent: the schema's own name in the place of `jobyard`, and values in the place of
 * `@parameters`, by number or, for the simple protocol, as literals.
 *
 * Values travel as text in both protocols, so that the server infers their types in the same way.
 */

import { QueueError } from "@jobyard/core/adapter";
import pg from "pg";

/**
 * `extended`: parameters beside the text, as usual. `simple`: literals within it, for poolers and proxies that know
 * nothing else.
 */
export type Protocol = "extended" | "simple";

/** Statements that are remembered. All fixed ones together are a fifth of it; a search makes its text from its filter. */
export const MOST_COMPILED = 1_000;

/** What is sent; `values` is empty in the simple protocol. */
export interface Query {
  readonly text: string;
  /** The text's own, for a connection that keeps it prepared; not in the simple protocol. */
  readonly name?: string;
  readonly values: readonly (string | null)[];
}

export class Dialect {
  /** As it was configured, without quotes. */
  readonly schema: string;
  readonly #protocol: Protocol;
  readonly #compiled = new Map<string, Compiled>();
  readonly #identifier: string;
  #last = 0;

  constructor(schema: string, protocol: Protocol) {
    this.schema = schema;
    this.#protocol = protocol;
    this.#identifier = pg.escapeIdentifier(schema);
  }

  /** How many statements are remembered. */
  get size(): number {
    return this.#compiled.size;
  }

  /**
   * The text with the schema's name put in: for `jobyard.`, and behind `SCHEMA` and `search_path =`. What stands in quotes or
   * comments counts like everything else.
   */
  inSchema(text: string): string {
    return text.replaceAll(OUR_SCHEMA, () => this.#identifier);
  }

  /** @throws TypeError if a parameter has no value, QueueError `BAD_OPTION` if one has a NUL, which Postgres cannot store */
  query(text: string, parameters: object): Query {
    const compiled = this.#compiled.get(text) ?? this.#compile(text);
    const given = parameters as Readonly<Record<string, unknown>>;
    const values = compiled.names.map((name) => toText(name, given[name]));
    if (this.#protocol === "extended") return { text: compiled.numbered, name: compiled.name, values };
    return { text: withLiterals(compiled, values), values: [] };
  }

  #compile(text: string): Compiled {
    // With two groups `split` answers text, name, text, name … text.
    const pieces = this.inSchema(text).split(PARAMETER);
    const names = [...new Set(pieces.filter((_, index) => index % 2 === 1))];
    const numbers = new Map(names.map((name, index) => [name, index]));
    const texts = pieces.filter((_, index) => index % 2 === 0);
    const places = pieces.filter((_, index) => index % 2 === 1).map((name) => numbers.get(name) ?? 0);
    const numbered = texts.map((piece, index) => piece + place(places[index])).join("");
    this.#last += 1;
    const compiled: Compiled = { texts, places, names, numbered, name: `jobyard_${this.#last}` };
    this.#compiled.set(text, compiled);
    // The oldest goes; one that is in use comes back with its next call.
    if (this.#compiled.size > MOST_COMPILED) this.#compiled.delete(this.#compiled.keys().next().value ?? "");
    return compiled;
  }
}

interface Compiled {
  /** What stands between the parameters: one more than `places`. */
  readonly texts: readonly string[];
  /** Which of `names` stands behind the text of the same index. */
  readonly places: readonly number[];
  readonly names: readonly string[];
  readonly numbered: string;
  readonly name: string;
}

/** Not behind another `@`, and not `@>`: those are operators. */
const PARAMETER = /(?<!@)@([a-z]\w*)/i;
const OUR_SCHEMA = /\bjobyard(?=\.)|(?<=\b(?:SCHEMA|SCHEMA IF EXISTS|search_path =) )jobyard\b/g;

const place = (index: number | undefined): string => (index === undefined ? "" : `$${index + 1}`);

function withLiterals({ texts, places }: Compiled, values: readonly (string | null)[]): string {
  const literals = values.map((value) => (value === null ? "NULL" : pg.escapeLiteral(value)));
  return texts.map((text, index) => text + (literals[places[index] ?? -1] ?? "")).join("");
}

type Value = string | number | bigint | boolean | null;

function toText(name: string, value: unknown): string | null {
  if (value === null) return null;
  if (Array.isArray(value)) return `{${value.map((one) => toElement(name, one)).join(",")}}`;
  if (!isValue(value)) throw new TypeError(`a statement was given no value for ${name} that could be sent`);
  const text = String(value);
  // In the simple protocol it would end the statement.
  if (text.includes("\0")) throw new QueueError("BAD_OPTION", `${name}: Postgres keeps no NUL character in a text`);
  return text;
}

/** As it stands between the braces of an array. */
function toElement(name: string, value: unknown): string {
  const text = toText(name, value);
  return text === null ? "NULL" : `"${text.replaceAll(/["\\]/g, "\\$&")}"`;
}

const isValue = (value: unknown): value is Value =>
  typeof value === "string" ||
  typeof value === "boolean" ||
  typeof value === "bigint" ||
  (typeof value === "number" && Number.isFinite(value));
