/** `postgres:` URLs: where the server is, in the words of every Postgres client, and the options of this adapter. */

import { urlValues } from "@jobyard/core/adapter";
import pg from "pg";
import type { PostgresOptions } from "./options.ts";

const { bad, oneOf, whole } = urlValues("Postgres");

/**
 * `postgres://user@host:5432/database`, also `postgresql:`, with the parameters that pg knows (`host`, `sslmode`,
 * `application_name` …) and ours: `schema`, `protocol=extended|simple`, `pool`, `listen=true|false`, `pollMs`,
 * `callTimeoutMs`. Parameters of other programs are left alone, unless one looks like a slip of one of ours.
 *
 * @throws QueueError `BAD_URL`; its message has neither user nor password
 */
export function parsePostgresUrl(url: string): PostgresOptions {
  const split = /^(postgres(?:ql)?:\/\/[^?#]*)(?:\?([^#]*))?$/i.exec(url);
  if (split === null)
    throw bad("it has to be postgres://user@host:port/database, with an escape for # or ? in a password");
  const [, place = "", query = ""] = split;
  if (!canParse(place))
    throw bad("host, port, user or password cannot be read; escape what is special in them, as %40");
  const theirs = new URLSearchParams();
  const ours = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(query)) {
    if (isOurs(name)) ours.set(name, value);
    else if (isPlain(name)) theirs.append(name, value);
  }
  const parameters = theirs.toString();
  return { url: parameters === "" ? place : `${place}?${parameters}`, ...optionsOf(ours) };
}

/**
 * Host, port and database that a URL leads to, for messages: `db.example:5432/jobs`.
 *
 * @throws QueueError `BAD_URL`, also if a file that it names cannot be read
 */
export function placeOf(url: string): string {
  try {
    // It knows the environment variables and the defaults, and connects to nothing.
    const { host, port, database } = new pg.Client({ connectionString: url });
    return `${host.includes(":") ? `[${host}]` : host}:${port}/${database ?? ""}`;
  } catch (cause) {
    throw bad(cause instanceof Error ? cause.message : String(cause));
  }
}

const PARAMETERS = {
  schema: (value: string) => ({ schema: value }),
  protocol: (value: string) => ({ protocol: oneOf("protocol", value, { extended: "extended", simple: "simple" }) }),
  pool: (value: string) => ({ pool: whole("pool", value) }),
  listen: (value: string) => ({ listen: oneOf("listen", value, { true: true, false: false }) }),
  pollMs: (value: string) => ({ pollMs: whole("pollMs", value) }),
  callTimeoutMs: (value: string) => ({ callTimeoutMs: whole("callTimeoutMs", value) }),
} as const satisfies Readonly<Record<string, (value: string) => Partial<PostgresOptions>>>;
type Parameter = keyof typeof PARAMETERS;

const isOurs = (name: string): name is Parameter => Object.hasOwn(PARAMETERS, name);

function optionsOf(ours: ReadonlyMap<string, string>): Partial<PostgresOptions> {
  let options: Partial<PostgresOptions> = {};
  for (const [name, value] of ours) if (isOurs(name)) options = { ...options, ...PARAMETERS[name](value) };
  return options;
}

/** Parameters of pg and of poolers that lie near ours, and are none. */
const KNOWN_ELSEWHERE: readonly string[] = ["host", "port", "user", "ssl", "options"];
const SLIPS = 2;

/** @throws QueueError `BAD_URL` for what can only be meant as one of ours */
function isPlain(name: string): boolean {
  if (KNOWN_ELSEWHERE.includes(name)) return true;
  for (const ours of Object.keys(PARAMETERS))
    if (distance(plain(name), plain(ours)) <= Math.min(SLIPS, ours.length / 3))
      throw bad(`there is no parameter ${name}; the nearest is ${ours}`);
  return true;
}

/** `poll_ms`, `POLLMS` and `poll-ms` are all slips of `pollMs`. */
const plain = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]/g, "");

/** Letters to insert, remove or replace until `a` is `b`. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [down, letter] of [...a].entries()) {
    const next = [down + 1];
    for (const [across, other] of [...b].entries())
      next.push(
        Math.min((row[across + 1] ?? 0) + 1, (next[across] ?? 0) + 1, (row[across] ?? 0) + (letter === other ? 0 : 1)),
      );
    row = next;
  }
  return row[b.length] ?? 0;
}

function canParse(place: string): boolean {
  try {
    // Without a host there is still a database: `postgres:///jobs`, by socket.
    const { username, password, pathname } = new URL(place.replace("@/", "@localhost/"));
    for (const part of [username, password, pathname]) decodeURIComponent(part);
    return true;
  } catch {
    return false;
  }
}
