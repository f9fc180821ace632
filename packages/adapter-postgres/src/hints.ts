/**
 * What processes tell each other over NOTIFY: the queues in which something changed, as JSON.
 *
 * A list names queues that were touched and have something to claim: the form that `jobyard.enqueue` sends. An object
 * names the two apart. Anything else, and what does not fit, means "look everywhere".
 */

import { byteLength, type Hint } from "@jobyard/core/adapter";
import type { Marks } from "./step.ts";

/** `null` is any queue. */
export interface News {
  readonly touched: Hint["queues"];
  readonly offered: Hint["queues"];
}

export const ANYTHING: News = { touched: null, offered: null };

/** The server takes less than 8000 bytes. */
const MAX_BYTES = 7_900;

export function newsOf({ touched, offered }: Marks): News {
  return { touched: queuesOf(new Set([...touched, ...offered])), offered: queuesOf(offered) };
}

export function encode({ touched, offered }: News): string {
  const isSame = touched?.length === offered?.length;
  const text = JSON.stringify(isSame ? touched : { touched, offered });
  return byteLength(text) > MAX_BYTES ? "null" : text;
}

export function decode(payload: string): News {
  let told: unknown;
  try {
    told = JSON.parse(payload);
  } catch {
    return ANYTHING;
  }
  if (isNames(told)) return { touched: told, offered: told };
  if (typeof told !== "object" || told === null || !("touched" in told) || !("offered" in told)) return ANYTHING;
  const { touched, offered } = told;
  return { touched: isNames(touched) ? touched : null, offered: isNames(offered) ? offered : null };
}

const queuesOf = (names: ReadonlySet<string | null>): Hint["queues"] =>
  names.has(null) ? null : [...names].filter((name) => name !== null);

const isNames = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((one) => typeof one === "string");
