/** `redis:` URLs: where the store is, and options of this adapter as parameters. */

import { urlValues } from "@jobyard/core/adapter";
import type { Fleet, RedisOptions } from "./options.ts";
import type { Credentials, Node, Target } from "./target.ts";

const { bad, oneOf, whole } = urlValues("Redis");

const SERVER_PORT = 6_379;
export const SENTINEL_PORT = 26_379;
export const CLUSTER_PORT: number = SERVER_PORT;

/**
 * Splits a URL into the place and the options that its parameters say: `prefix`, `fleet`, `durability`,
 * `callTimeoutMs`, `ca`, `family`, `sentinelUsername`, `sentinelPassword`. Other parameters are refused.
 *
 * @throws QueueError `BAD_URL`; its message has neither user nor password
 */
export function parseRedisUrl(url: string): RedisOptions & { readonly url: string } {
  const { place, query } = split(url);
  readPlace(place);
  // What comes after an unescaped ? may be the rest of a password.
  if (query.includes("@")) throw bad("escape what is special in a password: ? as %3F, @ as %40");
  let options: RedisOptions & { readonly url: string } = { url: place };
  for (const [name, value] of new URLSearchParams(query)) {
    if (!isOurs(name)) throw bad(`there is no parameter ${JSON.stringify(name)}; there are ${KNOWN}`);
    options = { ...options, ...PARAMETERS[name](value) };
  }
  return options;
}

/** Those that only the options say, not the place. */
type PlaceInUrl = Exclude<Target, { readonly kind: "client" }>;

/** @throws QueueError `BAD_URL` */
export function readPlace(url: string): PlaceInUrl {
  const [, secure = "", kind = "", info, hosts = "", path = ""] = PLACE.exec(split(url).place) ?? [];
  const nodes = hosts.split(",").map((text) => nodeFrom(text, kind === "+sentinel" ? SENTINEL_PORT : SERVER_PORT));
  const [node = null] = nodes;
  if (node === null || nodes.includes(null)) throw bad(SHAPE);
  const reach = { ...credentialsFrom(info), tls: secure !== "", family: 0 } as const;
  const all = nodes.filter((one) => one !== null);
  switch (kind) {
    case "+cluster":
      if (!/^\/?0?$/.test(path)) throw bad("a cluster has database 0 only, and nothing else after its nodes");
      return { ...reach, kind: "cluster", nodes: all };
    case "+sentinel": {
      const [, name = "", db = "0"] = /^\/([^/]+)(?:\/(\d{1,6})?)?$/.exec(path) ?? [];
      if (name === "") throw bad("after the sentinels comes what they call the primary: /mymaster or /mymaster/0");
      return { ...reach, kind: "sentinels", nodes: all, name: decoded(name), db: Number(db), sentinel: {} };
    }
    default: {
      if (all.length > 1) throw bad("several hosts need redis+cluster:// or redis+sentinel://");
      const [, db = null] = /^\/?(\d{0,6})$/.exec(path) ?? [];
      if (db === null) throw bad("after the host comes the number of the database: /0");
      return { ...reach, kind: "server", node, db: Number(db) };
    }
  }
}

/** `host`, `host:port`, `[::1]:port`; null for anything else. */
export function nodeFrom(text: string, port: number): Node | null {
  const [, six, name, digits] =
    /^(?:\[([0-9A-Fa-f:.]+(?:%\w+)?)\]|([^\s:@/?#[\],%]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const host = six ?? name;
  const number = digits === undefined ? port : Number(digits);
  return host === undefined || number < 1 || number > 65_535 ? null : { host, port: number };
}

const SHAPE =
  "it has to be redis://:password@host:port/database, redis+sentinel://…@host:port,host:port/name or redis+cluster://…@host:port,host:port; escape what is special in a password: / as %2F, ? as %3F, # as %23";
const PLACE = /^redis(s?)(\+sentinel|\+cluster)?:\/\/(?:([^/]*)@)?([^/@]+)(\/.*)?$/i;

function split(url: string): { readonly place: string; readonly query: string } {
  const [, place = "", query = ""] = /^([^?#]*)(?:\?([^#]*))?$/.exec(url.trim()) ?? [];
  if (!PLACE.test(place)) throw bad(SHAPE);
  return { place, query };
}

/** `:password`, `user:password`; a user alone would be sent with an empty password, and mean a slip. */
function credentialsFrom(info: string | undefined): Credentials {
  if (info === undefined || info === "") return {};
  const [, username = "", password] = /^([^:]*)(?::(.*))?$/.exec(info) ?? [];
  if (password === undefined) throw bad("a password alone is written with a colon before it: redis://:password@host");
  if (username === "") return password === "" ? {} : { password: decoded(password) };
  return { username: decoded(username), password: decoded(password) };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw bad("a % has to be followed by two digits of what it stands for; % itself is %25");
  }
}

const FLEET_NAMES: Readonly<Record<Fleet, Fleet>> = { own: "own", v6: "v6", "mixed-v5": "mixed-v5" };

const PARAMETERS = {
  prefix: (value: string) => ({ prefix: value }),
  fleet: (value: string) => ({ fleet: oneOf("fleet", value, FLEET_NAMES) }),
  durability: (value: string) => ({
    durability: oneOf("durability", value, { none: "none", crash: "crash", power: "power" }),
  }),
  callTimeoutMs: (value: string) => ({ callTimeoutMs: whole("callTimeoutMs", value) }),
  ca: (value: string) => ({ ca: value }),
  family: (value: string) => ({ family: oneOf("family", value, { 0: 0, 4: 4, 6: 6 }) }),
  sentinelUsername: (value: string) => ({ sentinelUsername: value }),
  sentinelPassword: (value: string) => ({ sentinelPassword: value }),
} as const satisfies Readonly<Record<string, (value: string) => RedisOptions>>;
type Parameter = keyof typeof PARAMETERS;

const KNOWN = Object.keys(PARAMETERS).join(", ");

const isOurs = (name: string): name is Parameter => Object.hasOwn(PARAMETERS, name);
