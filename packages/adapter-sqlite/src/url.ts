/** `sqlite:` URLs: a path as it is written, and the options of the adapter that can be set from outside. */

import { QueueError } from "@jobyard/core/adapter";
import type { SqliteAdapterOptions } from "./adapter.ts";

/**
 * `sqlite:./jobs.db`, `sqlite:///var/lib/jobs.db`, `sqlite::memory:`, each with `?durability=power|crash` if wanted.
 * Percent signs escape, as in every URL.
 *
 * @throws QueueError `BAD_URL`
 */
export function parseSqliteUrl(url: string): SqliteAdapterOptions {
  const match = /^sqlite:(?:\/\/(?=\/))?([^?#]+)(?:\?([^#]*))?$/i.exec(url);
  const file = match?.[1] === undefined ? "" : decoded(match[1], url);
  if (file === "" || file.startsWith("//")) throw bad(url, "it names no file");
  const options: { -readonly [K in keyof SqliteAdapterOptions]: SqliteAdapterOptions[K] } = { file };
  for (const [name, value] of new URLSearchParams(match?.[2] ?? "")) {
    if (name !== "durability") throw bad(url, `there is no parameter ${name}`);
    if (value !== "power" && value !== "crash") throw bad(url, "durability is power or crash");
    options.durability = value;
  }
  return options;
}

function decoded(path: string, url: string): string {
  try {
    return decodeURIComponent(path);
  } catch (cause) {
    throw bad(url, "a percent sign begins no escape; write it as %25", cause);
  }
}

const bad = (url: string, what: string, cause?: unknown): QueueError =>
  new QueueError("BAD_URL", `${JSON.stringify(url)}: ${what}`, { field: "url", cause });
