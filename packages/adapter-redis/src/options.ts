/** What can be set about the adapter, checked once and filled up with the defaults. */

import { readFileSync } from "node:fs";
import { type Capabilities, type Ports, QueueError, systemPorts } from "@jobyard/core/adapter";
import type { Cluster, Redis } from "ioredis";
import { DEFAULT_PREFIX, faultOfPrefix } from "./prefix.ts";
import { type Credentials, isCluster, type Node, placeOf, type Reach, type Target } from "./target.ts";
import { CLUSTER_PORT, nodeFrom, parseRedisUrl, readPlace, SENTINEL_PORT } from "./url.ts";

/** One of `url`, `cluster`, `sentinels` and `client` says where the store is. */
export interface RedisOptions {
  /**
   * `redis://[[user]:password@]host[:port][/database]`, `redis+sentinel://…@host:port,host:port/name[/database]` or
   * `redis+cluster://…@host:port,host:port`; with TLS `rediss://`, `rediss+sentinel://`, `rediss+cluster://`. Its
   * parameters are options of this list; one that is given beside the URL counts.
   */
  readonly url?: string;
  /** Some nodes of a cluster, as `host:port`; the others are found by them. */
  readonly cluster?: readonly string[];
  /** As `host:port`; with `name`. */
  readonly sentinels?: readonly string[];
  /** What the sentinels call the primary. */
  readonly name?: string;
  /** Its settings are used for connections of our own; the client itself is neither used nor closed. */
  readonly client?: Redis | Cluster;

  /** These four beside `cluster` or `sentinels`; a URL says them itself. */
  readonly username?: string;
  readonly password?: string;
  /** Default 0; a cluster has only that one. */
  readonly db?: number;
  /** Certificates are verified. Default false. */
  readonly tls?: boolean;
  /** For the sentinels themselves, if they ask for it. */
  readonly sentinelUsername?: string;
  readonly sentinelPassword?: string;
  /** A PEM file, or its text: whom to trust instead of those whom Node trusts (`NODE_EXTRA_CA_CERTS` adds to them). */
  readonly ca?: string;
  /** 4 or 6: addresses of that kind only. Default 0, whatever the name of the host gives. */
  readonly family?: 0 | 4 | 6;

  /** What all keys begin with, BullMQ's included. Default `bull`; on a cluster with a hash tag: `{bull}`. */
  readonly prefix?: string;
  /**
   * Who else works on the queues: `own`, nobody but Jobyard; `v6`, programs with BullMQ 6; `mixed-v5`, also older ones.
   * Default `own`.
   */
  readonly fleet?: Fleet;
  /**
   * What an answered call survives, as the server's persistence is set up; `examine` tells if that is not so. Default
   * `none`.
   */
  readonly durability?: Capabilities["durability"];
  /** How long a call may take before it fails with `STORE_UNAVAILABLE`, in ms: 100 to 600000, default 15000. */
  readonly callTimeoutMs?: number;
  /** Ids, randomness, and the clock for pauses; the system's own by default. Instants are always the server's. */
  readonly ports?: Ports;
  /** For tests: `stopped`, and the server's time is what the key `<prefix>::clock` holds. */
  readonly clock?: "server" | "stopped";
}

const FLEETS = ["own", "v6", "mixed-v5"] as const;
export type Fleet = (typeof FLEETS)[number];

export interface CheckedOptions {
  readonly target: Target;
  /** For messages: host, port and database. */
  readonly place: string;
  readonly prefix: string;
  readonly fleet: Fleet;
  readonly durability: Capabilities["durability"];
  readonly callTimeoutMs: number;
  readonly ports: Ports;
  readonly clock: "server" | "stopped";
}

/** @throws QueueError `BAD_OPTION` with the field, `BAD_URL` */
export function checkedOptions(options: RedisOptions): CheckedOptions {
  const own = given(options);
  assertEach(own);
  const all = own.url === undefined ? own : { ...parseRedisUrl(own.url), ...own, url: parseRedisUrl(own.url).url };
  assertEach(all);
  const target = targetOf(all);
  const prefix = all.prefix ?? DEFAULT_PREFIX;
  const fault = faultOfPrefix(prefix, isCluster(target));
  if (fault !== null) throw bad("prefix", `${JSON.stringify(prefix)} ${fault}`);
  return {
    ...{ target, prefix, place: placeOf(target) },
    fleet: all.fleet ?? "own",
    durability: all.durability ?? "none",
    callTimeoutMs: all.callTimeoutMs ?? 15_000,
    ports: all.ports ?? systemPorts,
    clock: all.clock ?? "server",
  };
}

function assertEach(options: RedisOptions): void {
  for (const [field, value] of Object.entries(options)) {
    if (!Object.hasOwn(RULES, field)) throw bad(field, "is no option of this adapter");
    const fault = RULES[field as keyof RedisOptions](value);
    if (fault !== null) throw bad(field, fault);
  }
}

/** Which promises of ours hold beside such a fleet: with programs that are not ours, some cover our processes only. */
export const coworkersOf = (fleet: Fleet): Capabilities["coworkers"] => (fleet === "own" ? "none" : "stock");

const given = (options: RedisOptions): RedisOptions =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));

type Rule = (value: unknown) => string | null;

const oneOf =
  (...choices: readonly unknown[]): Rule =>
  (value) =>
    choices.includes(value) ? null : `is ${choices.join(" or ")}`;
const text: Rule = (value) => (typeof value === "string" && value !== "" ? null : "has to be a text");
const whole =
  (least: number, most: number): Rule =>
  (value) =>
    Number.isInteger(value) && Number(value) >= least && Number(value) <= most
      ? null
      : `has to be a whole number from ${least} to ${most}`;
const nodes: Rule = (value) =>
  Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === "string" && nodeFrom(one, 1) !== null)
    ? null
    : 'has to be a list of nodes, as ["db-1.example:7000", "db-2.example:7000"]';
/** Of any version of the package, so not by class. */
const client: Rule = (value) => {
  const { duplicate, options } = Object(value) as Partial<Redis>;
  if (typeof duplicate !== "function" || typeof options !== "object") return "has to be a client of ioredis";
  return options.keyPrefix ? "has a keyPrefix, which BullMQ's scripts cannot work with: use the option prefix" : null;
};

/** What each may be, whatever the others are. */
const RULES: Readonly<Record<keyof RedisOptions, Rule>> = {
  url: text,
  cluster: nodes,
  sentinels: nodes,
  name: text,
  client,
  username: text,
  password: (value) => (typeof value === "string" ? null : "has to be a text"),
  db: whole(0, 1_000_000),
  tls: oneOf(true, false),
  sentinelUsername: text,
  sentinelPassword: text,
  ca: text,
  family: oneOf(0, 4, 6),
  prefix: (value) => faultOfPrefix(value, false),
  fleet: oneOf(...FLEETS),
  durability: oneOf("none", "crash", "power"),
  callTimeoutMs: whole(100, 600_000),
  ports: (value) => (typeof value === "object" ? null : "has to be an object"),
  clock: oneOf("server", "stopped"),
};

const PLACES = ["url", "cluster", "sentinels", "client"] as const;
type Place = (typeof PLACES)[number];
/** Options that mean nothing beside another way to say where the store is. */
const BELONGS: Readonly<Partial<Record<keyof RedisOptions, readonly Place[]>>> = {
  name: ["sentinels"],
  username: ["cluster", "sentinels"],
  password: ["cluster", "sentinels"],
  db: ["cluster", "sentinels"],
  tls: ["cluster", "sentinels"],
  sentinelUsername: ["url", "sentinels"],
  sentinelPassword: ["url", "sentinels"],
  ca: ["url", "cluster", "sentinels"],
  family: ["url", "cluster", "sentinels"],
};

function targetOf(options: RedisOptions): Target {
  const [place = "url", second] = PLACES.filter((one) => options[one] !== undefined);
  if (second !== undefined) throw bad(second, `cannot stand beside ${place}: one of them says where the store is`);
  for (const [field, places] of Object.entries(BELONGS))
    if (options[field as keyof RedisOptions] !== undefined && !places.includes(place))
      throw bad(field, `belongs to ${places.join(" or ")}, and here ${place} says where the store is`);
  const target = targetAt(place, options);
  if (options.ca !== undefined && target.kind !== "client" && !target.tls)
    throw bad("ca", "is for connections with TLS: write rediss:// or tls: true");
  return target;
}

function targetAt(place: Place, options: RedisOptions): Target {
  if (place === "client" && options.client !== undefined) return { kind: "client", client: options.client };
  const extras = { family: options.family ?? 0, ...(options.ca !== undefined && { ca: pemOf(options.ca) }) } as const;
  const sentinel = credentials(options.sentinelUsername, options.sentinelPassword);
  if (place === "url") {
    if (options.url === undefined) throw bad("url", "is missing: nothing says where the store is");
    const target = readPlace(options.url);
    if (target.kind === "sentinels") return { ...target, ...extras, sentinel };
    if (Object.keys(sentinel).length > 0) throw bad("sentinelPassword", "is for redis+sentinel:// only");
    return { ...target, ...extras };
  }
  const reach: Reach = {
    ...{ ...extras, tls: options.tls ?? false },
    ...credentials(options.username, options.password),
  };
  if (place === "cluster") {
    if ((options.db ?? 0) !== 0) throw bad("db", "has to be 0 on a cluster");
    return { ...reach, kind: "cluster", nodes: listed(options.cluster, CLUSTER_PORT) };
  }
  if (options.name === undefined) throw bad("name", "is missing: what the sentinels call the primary");
  const found = listed(options.sentinels, SENTINEL_PORT);
  return { ...reach, kind: "sentinels", nodes: found, name: options.name, db: options.db ?? 0, sentinel };
}

const listed = (texts: readonly string[] | undefined, port: number): readonly Node[] =>
  (texts ?? []).flatMap((one) => nodeFrom(one, port) ?? []);

const credentials = (username: string | undefined, password: string | undefined): Credentials => ({
  ...(username !== undefined && { username }),
  ...(password !== undefined && { password }),
});

function pemOf(ca: string): string {
  if (ca.includes("-----BEGIN")) return ca;
  try {
    const pem = readFileSync(ca, "utf8");
    if (pem.includes("-----BEGIN")) return pem;
  } catch (cause) {
    throw bad("ca", `cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
  throw bad("ca", "is no PEM file");
}

const bad = (field: string, what: string): QueueError => new QueueError("BAD_OPTION", `${field} ${what}`, { field });
