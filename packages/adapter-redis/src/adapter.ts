/** The adapter on one Redis. Every verb is a function in the file that bears its name; here they are handed out. */

import { type Adapter, QueueError } from "@jobyard/core/adapter";
import { append, expired, extend, retire } from "./leases.ts";
import { apply } from "./operate.ts";
import { checkedOptions, coworkersOf, type RedisOptions } from "./options.ts";
import { purge } from "./purge.ts";
import { configure, pause, resume } from "./queues.ts";
import { ownQueues } from "./read/queues.ts";
import { createReader } from "./read/reader.ts";
import { getRecord, listRecords, putRecord, removeRecord } from "./records.ts";
import { enqueueAndServe } from "./serve.ts";
import { settle } from "./settle.ts";
import { afterClaim } from "./stock/after-claim.ts";
import { moveStock, removeStock } from "./stock/moves.ts";
import { settleStock } from "./stock/settle.ts";
import { Store } from "./store.ts";
import { expire } from "./sweep.ts";
import { claim } from "./wait.ts";

/** Our fields and keys have one form yet; a store of another would not be read. */
const FORM = 1;

/**
 * Opens the store. It connects with the first call, and asks for nothing to be set up.
 *
 * @throws QueueError `BAD_OPTION`, `BAD_URL`
 */
export function redisAdapter(options: RedisOptions): Adapter {
  const checked = checkedOptions(options);
  const { fleet, durability } = checked;
  const store = new Store(checked);
  const newId = (): string => checked.ports.newId();

  return {
    name: "redis",
    capabilities: { transactions: false, durability, coworkers: coworkersOf(fleet) },
    // Nothing has to be set up; but a server that cannot be used is known before the first job.
    schema: {
      status: async () => {
        await store.assertUsable();
        return { state: "ready", current: FORM, wanted: FORM };
      },
      migrate: async () => {
        await store.assertUsable();
        return { from: FORM, to: FORM };
      },
    },
    writer: {
      enqueue: async (jobs, { tx } = {}) => {
        refuseTx(tx);
        return enqueueAndServe(store, jobs);
      },
    },
    leaser: {
      claim: async (request) => afterClaim(store, await claim(store, request)),
      settle: async (settlements, { tx } = {}) => {
        refuseTx(tx);
        return settle(store, settlements, (one) => settleStock(store, one));
      },
      extend: (session, leases, leaseMs) => extend(store, session, leases, leaseMs),
      append: (entries) => append(store, entries),
      expired: (limit) => expired(store, limit, fleet),
      retire: (session) => retire(store, session),
    },
    reader: { ...createReader(store), watch: (onHint) => store.watch(onHint) },
    operator: {
      apply: (move, refs, how) => apply(store, (...one) => moveStock(store, ...one), newId, move, refs, how),
      pause: (queue, how) => pause(store, fleet, newId, queue, how),
      resume: (queue, how) => resume(store, newId, queue, how),
      configure: (queue, change, how) => configure(store, newId, queue, change, how),
    },
    sweeper: {
      queues: () => ownQueues(store),
      expire: (limit) => expire(store, fleet, limit),
      purge: (rule, limit) => purge(store, fleet, (...one) => removeStock(store, ...one), rule, limit),
    },
    records: {
      put: (kind, id, doc, how) => putRecord(store, kind, id, doc, how),
      get: (kind, id) => getRecord(store, kind, id),
      list: (kind, after, limit, direction) => listRecords(store, kind, after, limit, direction),
      remove: (kind, id) => removeRecord(store, kind, id),
    },
    examine: () => store.examine(),
    close: () => store.close(),
  };
}

/** What Redis cannot do for other databases an outbox does. */
function refuseTx(tx: unknown): void {
  if (tx !== undefined) throw new QueueError("CAPABILITY_MISSING", "redis: tx", { field: "tx" });
}
