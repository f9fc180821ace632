/** What can be set about the adapter, checked once and filled up with the defaults. */

import { type Ports, QueueError, systemPorts } from "@jobyard/core/adapter";
import type { Protocol } from "./dialect.ts";

export interface PostgresOptions {
  /** `postgres://…` as every Postgres client takes it; `PGHOST`, `PGPASSWORD` and the like fill what it leaves out. */
  readonly url: string;
  /** Where our tables are: a-z, 0-9 and `_`, at most 48 characters. Default `jobyard`. */
  readonly schema?: string;
  /** `simple`: for poolers and proxies that know no parameters. Default `extended`. */
  readonly protocol?: Protocol;
  /** Most connections at once, besides the one that listens: 1 to 1000, default 10. */
  readonly pool?: number;
  /** False: no connection that listens; claims that wait look again every `pollMs`. Default true. */
  readonly listen?: boolean;
  /** How often a claim that waits looks by itself while nobody listens, in ms: 10 to 60000, default 500. */
  readonly pollMs?: number;
  /** How long a call may take before it fails with `STORE_UNAVAILABLE`, in ms: 100 to 600000, default 15000. */
  readonly callTimeoutMs?: number;
  /** Ids, randomness, and the clock for pauses; the system's own by default. Instants are always the server's. */
  readonly ports?: Ports;
}

const DEFAULTS = {
  schema: "jobyard",
  protocol: "extended",
  pool: 10,
  listen: true,
  pollMs: 500,
  callTimeoutMs: 15_000,
  ports: systemPorts,
} as const satisfies Partial<PostgresOptions>;

export type CheckedOptions = Required<PostgresOptions>;

/** @throws QueueError `BAD_OPTION` */
export function checkedOptions(options: PostgresOptions): CheckedOptions {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  const checked: CheckedOptions = { ...DEFAULTS, ...(Object.fromEntries(given) as unknown as PostgresOptions) };
  // The channel's name is made of it, and has 63 bytes at most.
  if (!/^[a-z_][a-z0-9_]{0,47}$/.test(checked.schema) || checked.schema.startsWith("pg_"))
    throw bad("schema", "has to begin with a letter and have a-z, 0-9 and _ only, at most 48, and not begin with pg_");
  if (checked.protocol !== "extended" && checked.protocol !== "simple") throw bad("protocol", "is extended or simple");
  if (typeof checked.listen !== "boolean") throw bad("listen", "is true or false");
  for (const [field, [least, most]] of Object.entries(RANGES)) {
    const value = checked[field as keyof typeof RANGES];
    if (!Number.isInteger(value) || value < least || value > most)
      throw bad(field, `has to be a whole number from ${least} to ${most}`);
  }
  return checked;
}

const RANGES: Readonly<Record<"pool" | "pollMs" | "callTimeoutMs", readonly [number, number]>> = {
  pool: [1, 1_000],
  pollMs: [10, 60_000],
  callTimeoutMs: [100, 600_000],
};

const bad = (field: string, what: string): QueueError => new QueueError("BAD_OPTION", `${field} ${what}`, { field });
