/** `sqlite:` URLs: a path as it is written, and the options of the adapter that can be set from outside. */

import { QueueError } from "@jobyard/core/adapter";
import type { SqliteAdapterOptions } from "./adapter.ts";

/**
 * `sqlite:./jobs.db`, `sqlite:///var/lib/jobs.db`, `sqlite::memory:`, each with `?durability=power|crash`,
 * `checkpoints=own|external` and `network=refuse|allow` if wanted.
 * Percent signs escape, as in every URL.
 *
 * @throws QueueError `BAD_URL`
 */
export function parseSqliteUrl(url: string): SqliteAdapterOptions {
  const match = /^sqlite:(?:\/\/(?=\/))?([^?#]+)(?:\?([^#]*))?$/i.exec(url);
  const file = match?.[1] === undefined ? "" : decoded(match[1], url);
  if (file === "" || file.startsWith("//")) throw bad(url, "it names no file");
  const parameters = new URLSearchParams(match?.[2] ?? "");
  for (const name of parameters.keys())
    if (!Object.hasOwn(CHOICES, name)) throw bad(url, `there is no parameter ${name}`);
  return {
    file,
    ...choice(parameters, "durability", url),
    ...choice(parameters, "checkpoints", url),
    ...choice(parameters, "network", url),
  };
}

/** The URL that names this file, for commands that people paste. */
export const sqliteUrl = (file: string): string =>
  `sqlite:${file.replaceAll(/[%?#]/g, (sign) => encodeURIComponent(sign))}`;

const CHOICES = {
  durability: ["power", "crash"],
  checkpoints: ["own", "external"],
  network: ["refuse", "allow"],
} as const;

/** The parameter as an option; nothing if it is not given. */
function choice<K extends keyof typeof CHOICES>(
  parameters: URLSearchParams,
  name: K,
  url: string,
): { readonly [P in K]?: (typeof CHOICES)[P][number] } {
  const values = parameters.getAll(name);
  const known: readonly string[] = CHOICES[name];
  for (const value of values) if (!known.includes(value)) throw bad(url, `${name} is ${known.join(" or ")}`);
  const value = values.at(-1);
  return value === undefined ? {} : ({ [name]: value } as { readonly [P in K]: (typeof CHOICES)[P][number] });
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
