/**
 * JSON text as a tree that keeps what was written: numbers beyond 2^53, order and repetition of keys.
 *
 * `JSON.parse` would round the numbers, and says only roughly where a fault is; this says line and column.
 */

export type JsonNode =
  /** `raw` is the slice of the text; for strings `value` is what it means. */
  | { readonly kind: "number" | "boolean" | "null"; readonly raw: string }
  | { readonly kind: "string"; readonly raw: string; readonly value: string }
  | { readonly kind: "array"; readonly items: readonly JsonNode[] }
  | { readonly kind: "object"; readonly entries: readonly { readonly key: string; readonly node: JsonNode }[] };

export interface JsonFault {
  readonly message: string;
  /** In UTF-16 units from the start of the text. */
  readonly offset: number;
  /** Both from 1. */
  readonly line: number;
  readonly column: number;
}

export type ParsedJson =
  | { readonly ok: true; readonly node: JsonNode }
  | { readonly ok: false; readonly fault: JsonFault };

/** Deeper than this is a fault: nobody wrote that by hand, and the stack is finite. */
const DEEPEST = 500;

export function parseJson(text: string): ParsedJson {
  const reader = new Reader(text);
  try {
    return { ok: true, node: reader.document() };
  } catch (error) {
    if (error instanceof Fault) return { ok: false, fault: place(text, error) };
    throw error;
  }
}

/** The same value with line breaks and indentation; every number and string as it was written. */
export function formatJson(node: JsonNode, indent = ""): string {
  const inner = `${indent}  `;
  if (node.kind === "array")
    return node.items.length === 0
      ? "[]"
      : `[\n${node.items.map((item) => inner + formatJson(item, inner)).join(",\n")}\n${indent}]`;
  if (node.kind === "object")
    return node.entries.length === 0
      ? "{}"
      : `{\n${node.entries
          .map(({ key, node: value }) => `${inner}${JSON.stringify(key)}: ${formatJson(value, inner)}`)
          .join(",\n")}\n${indent}}`;
  return node.raw;
}

class Fault extends Error {
  readonly offset: number;
  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

function place(text: string, fault: Fault): JsonFault {
  const before = text.slice(0, fault.offset).split("\n");
  return {
    message: fault.message,
    offset: fault.offset,
    line: before.length,
    column: (before.at(-1)?.length ?? 0) + 1,
  };
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORDS = { true: "boolean", false: "boolean", null: "null" } as const;

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): JsonNode {
    const node = this.#value(0);
    this.#space();
    if (this.#at < this.#text.length) this.#fail("The document ends here, but more text follows");
    return node;
  }

  #value(depth: number): JsonNode {
    if (depth > DEEPEST) this.#fail(`More than ${DEEPEST} levels deep`);
    this.#space();
    const next = this.#text[this.#at];
    if (next === "{") return this.#object(depth);
    if (next === "[") return this.#array(depth);
    if (next === '"') return this.#string();
    const number = this.#match(NUMBER);
    if (number !== null) return { kind: "number", raw: number };
    for (const [word, kind] of Object.entries(WORDS))
      if (this.#text.startsWith(word, this.#at)) {
        this.#at += word.length;
        return { kind, raw: word };
      }
    return this.#fail(next === undefined ? "The text ends where a value is expected" : "A value is expected here");
  }

  #object(depth: number): JsonNode {
    const entries: { key: string; node: JsonNode }[] = [];
    this.#at += 1;
    if (this.#take("}")) return { kind: "object", entries };
    do {
      this.#space();
      if (this.#text[this.#at] !== '"') this.#fail("A key in double quotes is expected here");
      const key = this.#string().value;
      if (!this.#take(":")) this.#fail("A colon is expected after the key");
      entries.push({ key, node: this.#value(depth + 1) });
    } while (this.#take(","));
    if (!this.#take("}")) this.#fail("A comma or } is expected here");
    return { kind: "object", entries };
  }

  #array(depth: number): JsonNode {
    const items: JsonNode[] = [];
    this.#at += 1;
    if (this.#take("]")) return { kind: "array", items };
    do items.push(this.#value(depth + 1));
    while (this.#take(","));
    if (!this.#take("]")) this.#fail("A comma or ] is expected here");
    return { kind: "array", items };
  }

  #string(): Extract<JsonNode, { kind: "string" }> {
    let end = this.#at + 1;
    while (end < this.#text.length && this.#text[end] !== '"') end += this.#text[end] === "\\" ? 2 : 1;
    const raw = this.#text.slice(this.#at, end + 1);
    const value = readString(raw);
    if (value === null) return this.#fail("This text in quotes is not closed, or has a character that must be escaped");
    this.#at = end + 1;
    return { kind: "string", raw, value };
  }

  #match(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? null;
    if (found !== null) this.#at += found.length;
    return found;
  }

  #take(mark: string): boolean {
    this.#space();
    if (this.#text[this.#at] !== mark) return false;
    this.#at += 1;
    return true;
  }

  #space(): void {
    while (" \t\n\r".includes(this.#text[this.#at] ?? "x")) this.#at += 1;
  }

  #fail(message: string): never {
    throw new Fault(message, this.#at);
  }
}

/** `null` if it is not one JSON string. */
function readString(raw: string): string | null {
  try {
    return JSON.parse(raw) as string;
  } catch {
    return null;
  }
}
