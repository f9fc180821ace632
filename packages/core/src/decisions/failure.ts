/**
 * What is kept of an error: a stable code, a text for people, a stack. Whatever a handler throws, also what is
 * no error or fights being read, becomes such a record.
 */

import type { Failure } from "../contract/adapter.ts";
import { DEFAULTS } from "../nouns/defaults.ts";

/**
 * `code` is the error's own `code`, else that of its nearest cause (a failed `fetch` says `ECONNREFUSED` only there),
 * else its name. `message` is the error's message, else how it prints, else its class, at most 500 characters.
 */
export function failureOf(error: unknown): Failure {
  return {
    code: codeOf(error),
    message: cut(messageOf(error), DEFAULTS.maxErrorChars),
    stack: stackOf(error),
  };
}

/** Causes are followed that far; more is a cycle or a riddle. */
const MAX_CAUSES = 5;
const CODE = /^[A-Za-z][\w.-]{0,63}$/;

function codeOf(error: unknown): string {
  let at: unknown = error;
  for (let depth = 0; depth < MAX_CAUSES; depth++) {
    const code = textAt(at, "code");
    if (code !== null && CODE.test(code)) return code;
    at = read(at, "cause");
  }
  const name = textAt(error, "name");
  return name !== null && CODE.test(name) ? name : "Error";
}

function messageOf(error: unknown): string {
  const message = textAt(error, "message");
  if (message !== null && message !== "") return message;
  const printed = print(error);
  if (printed !== "" && !printed.startsWith("[object ")) return printed;
  return textAt(read(error, "constructor"), "name") || "Unknown error";
}

function print(error: unknown): string {
  try {
    if (typeof error === "object" && error !== null && !(error instanceof Error)) return JSON.stringify(error) ?? "";
  } catch {
    // A cycle, a BigInt, a revoked proxy: the next way of printing may still work.
  }
  try {
    return String(error);
  } catch {
    return "";
  }
}

function stackOf(error: unknown): string | null {
  const stack = textAt(error, "stack");
  return stack === null ? null : cut(stack, DEFAULTS.maxStackChars);
}

const textAt = (value: unknown, key: string): string | null => {
  const text = read(value, key);
  return typeof text === "string" ? text : null;
};

/** Getters and proxies may throw; then there is nothing to read. */
function read(value: unknown, key: string): unknown {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return undefined;
  try {
    return (value as Readonly<Record<string, unknown>>)[key];
  } catch {
    return undefined;
  }
}

/** Never ends within a surrogate pair, so that every store takes the text. */
const cut = (text: string, max: number): string => {
  const whole = text.toWellFormed();
  if (whole.length <= max) return whole;
  return `${whole.slice(0, max - 1).replace(/[\uD800-\uDBFF]$/, "")}…`;
};
