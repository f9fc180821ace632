/** The adapter on one SQLite file. Every verb is a function in the file that bears its name; here they are handed out. */

import { resolve } from "node:path";
import { type Adapter, type Ports, systemPorts } from "@jobyard/core/adapter";
import { enqueue } from "./enqueue.ts";
import { MEMORY } from "./file.ts";
import { append, expired, extend, retire } from "./hold.ts";
import { apply } from "./operate.ts";
import { mayPurge, purge } from "./purge.ts";
import { configure, pause, resume } from "./queues.ts";
import { count, facets, phases } from "./read/counts.ts";
import { events, get, locate } from "./read/jobs.ts";
import { list, scan } from "./read/pages.ts";
import { explainFacts, queues } from "./read/queues.ts";
import { getRecord, listRecords, putRecord, removeRecord } from "./records.ts";
import { settle } from "./settle.ts";
import { Store } from "./store.ts";
import { expire } from "./sweep.ts";
import { claim } from "./wait.ts";

export interface SqliteAdapterOptions {
  /** Path of the database, or `:memory:` for one that lives as long as the adapter. */
  readonly file: string;
  /** What an answered call survives: loss of power (default; waits for the disk), or a crash of the process. */
  readonly durability?: "power" | "crash";
  /** How long a call waits for a lock of another process before it fails with `STORE_BUSY`, in ms. Default 5000. */
  readonly busyTimeoutMs?: number;
  /** False: a missing file is an error. Default true: it is created, with its tables. */
  readonly create?: boolean;
  /**
   * Who copies the write-ahead log into the file: we do (default), or another program that must see every page of it
   * first, such as Litestream.
   */
  readonly checkpoints?: "own" | "external";
  /** `allow`: the file may lie on a network file system; you know that one machine uses it, and that locks work. */
  readonly network?: "refuse" | "allow";
  /** Clock, ids and randomness; the system's own by default. */
  readonly ports?: Ports;
}

const DEFAULT_BUSY_TIMEOUT_MS = 5_000;

/**
 * Opens the file. A new or empty one gets its tables at once; one with other tables, or with ours of an older
 * version, is left as it is until `schema.migrate()`, and every other call fails until then.
 *
 * @throws QueueError `STORE_UNAVAILABLE`, `STORE_UNSAFE`, `STORE_CORRUPT`, `STORE_BUSY`, `STORE_FULL`
 */
export function sqliteAdapter(options: SqliteAdapterOptions): Adapter {
  const { durability = "power", ports = systemPorts, busyTimeoutMs = DEFAULT_BUSY_TIMEOUT_MS, create = true } = options;
  const { checkpoints = "own", network = "refuse" } = options;
  const file = options.file === MEMORY ? MEMORY : resolve(options.file);
  const store = new Store({ file, durability, busyTimeoutMs, create, checkpoints, network, ports });
  const newId = (): string => ports.newId();

  return {
    name: "sqlite",
    capabilities: { transactions: true, durability: file === MEMORY ? "none" : durability, coworkers: "none" },
    schema: { status: () => store.schemaStatus(), migrate: () => store.migrate() },
    writer: {
      enqueue: (jobs, { tx } = {}) => store.write((step) => enqueue(step, jobs, "bounded"), tx),
    },
    leaser: {
      claim: (request) => claim(store, request),
      settle: (settlements, { tx } = {}) => store.write((step) => settle(step, settlements), tx),
      extend: (session, leases, leaseMs) => store.write((step) => extend(step, session, leases, leaseMs)),
      append: (entries) => store.write((step) => append(step, entries)),
      expired: (limit) => store.read((view) => expired(view, limit)),
      retire: (session) => store.write((step) => retire(step, session)),
    },
    reader: {
      now: () => store.read((view) => view.now),
      get: (refs) => store.read((view) => get(view, refs)),
      locate: (id) => store.read((view) => locate(view, id)),
      list: (request) => list(store, request),
      count: (filter, cap) => count(store, filter, cap),
      phases: (filter, cap) => phases(store, filter, cap),
      facets: (filter, field, limit) => facets(store, filter, field, limit),
      events: (ref, after, limit) => store.read((view) => events(view, ref, after, limit)),
      queues: (only) => queues(store, only),
      scan: (filter, upTo, cursor, limit) => scan(store, filter, upTo, cursor, limit),
      explainFacts: (ref) => store.read((view) => explainFacts(view, ref)),
      watch: (onHint) => store.watch(onHint),
    },
    operator: {
      apply: (move, refs, how) => store.write((step) => apply(step, newId, move, refs, how)),
      pause: (queue, how) => store.write((step) => pause(step, newId, queue, how)),
      resume: (queue, how) => store.write((step) => resume(step, newId, queue, how)),
      configure: (queue, change, how) => store.write((step) => configure(step, newId, queue, change, how)),
    },
    sweeper: {
      queues: () => queues(store),
      expire: async (limit) => {
        const swept = await store.write((step) => expire(step, limit));
        if (!swept.more) await store.tend();
        return swept;
      },
      purge: async (rule, limit) =>
        (await store.read((view) => mayPurge(view, rule)))
          ? store.write((step) => purge(step, rule, limit))
          : { removed: 0, more: false },
    },
    records: {
      put: (kind, id, doc, how) => store.write((step) => putRecord(step, kind, id, doc, how)),
      get: (kind, id) => store.read((view) => getRecord(view, kind, id)),
      list: (kind, after, limit, direction) => store.read((view) => listRecords(view, kind, after, limit, direction)),
      remove: (kind, id) => store.write((step) => removeRecord(step, kind, id)),
    },
    examine: () => store.examine(),
    close: async () => store.close(),
  };
}
