/** The adapter on one Postgres schema. Every verb is a function in the file that bears its name; here they are handed out. */

import type { Adapter } from "@jobyard/core/adapter";
import { timeOf } from "./borrowed.ts";
import { enqueue } from "./enqueue.ts";
import { append, expired, extend, retire } from "./hold.ts";
import { apply } from "./operate.ts";
import { checkedOptions, type PostgresOptions } from "./options.ts";
import { purge } from "./purge.ts";
import { configure, pause, resume } from "./queues.ts";
import { count, facets, phases } from "./read/counts.ts";
import { events, get, locate } from "./read/jobs.ts";
import { list, scan } from "./read/pages.ts";
import { explainFacts, queues } from "./read/queues.ts";
import { getRecord, listRecords, putRecord, removeRecord } from "./records.ts";
import { enqueueAndServe } from "./serve.ts";
import { settle } from "./settle.ts";
import { Store } from "./store.ts";
import { expire } from "./sweep.ts";
import { claim } from "./wait.ts";

/**
 * Opens the store. It connects with the first call; on a schema that is missing, or not of this version, every call
 * but `schema` and `examine` fails until `schema.migrate()`.
 *
 * @throws QueueError `BAD_OPTION`, `BAD_URL`
 */
export function postgresAdapter(options: PostgresOptions): Adapter {
  const checked = checkedOptions(options);
  const store = new Store(checked);
  const newId = (): string => checked.ports.newId();

  return {
    name: "postgres",
    capabilities: { transactions: true, durability: "power", coworkers: "none" },
    schema: { status: () => store.schemaStatus(), migrate: () => store.migrate() },
    writer: {
      enqueue: (jobs, { tx } = {}) =>
        tx === undefined ? enqueueAndServe(store, jobs) : store.call((call) => enqueue(call, jobs, "bounded"), tx),
    },
    leaser: {
      claim: (request) => claim(store, request),
      settle: (settlements, { tx } = {}) => settle(store, settlements, tx),
      extend: (session, leases, leaseMs) => store.call((call) => extend(call, session, leases, leaseMs)),
      append: (entries) => store.write((step) => append(step, entries)),
      expired: (limit) => store.ask((db) => expired(db, limit)),
      retire: (session) => store.call((call) => retire(call, session)),
    },
    reader: {
      now: () => store.ask(timeOf),
      get: (refs) => store.read((view) => get(view, refs)),
      locate: (id) => store.read((view) => locate(view, id)),
      list: (request) => list(store, request),
      count: (filter, cap) => count(store, filter, cap),
      phases: (filter, cap) => phases(store, filter, cap),
      facets: (filter, field, limit) => facets(store, filter, field, limit),
      events: (ref, after, limit) => store.ask((db) => events(db, ref, after, limit)),
      queues: (only) => store.ask((db) => queues(db, only)),
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
      queues: () => store.ask((db) => queues(db)),
      expire: (limit) => store.call((call) => expire(call, limit)),
      purge: (rule, limit) => store.call((call) => purge(call, rule, limit)),
    },
    records: {
      put: (kind, id, doc, how) => store.call((call) => putRecord(call, kind, id, doc, how)),
      get: (kind, id) => store.ask((db) => getRecord(db, kind, id)),
      list: (kind, after, limit, direction) => store.ask((db) => listRecords(db, kind, after, limit, direction)),
      remove: (kind, id) => store.call((call) => removeRecord(call, kind, id)),
    },
    examine: () => store.examine(),
    close: () => store.close(),
  };
}
