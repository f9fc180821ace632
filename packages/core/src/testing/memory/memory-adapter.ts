/**
 * The adapter that keeps everything in this process: the executable form of `docs/writing-an-adapter.md`,
 * a store for tests, and for programs that need no other.
 *
 * Every verb is one plain function over one {@link Store}, in the file that bears its name; here they are
 * only handed out. Answers are shared with the store and never written into: read them, do not change them.
 */

import type { Adapter } from "../../contract/adapter.ts";
import type { Diagnosis } from "../../nouns/diagnosis.ts";
import { QueueError } from "../../nouns/errors.ts";
import { type Ports, systemPorts } from "../../nouns/ports.ts";
import { enqueue } from "./enqueue.ts";
import { append, expired, extend, retire } from "./lease.ts";
import { apply } from "./operate.ts";
import { configure, pause, queueInfos, resume } from "./queues.ts";
import { count, events, explainFacts, facets, get, list, locate, phases, scan } from "./read.ts";
import { getRecord, listRecords, putRecord, removeRecord } from "./records.ts";
import { settle } from "./settle.ts";
import { createStore, type Store } from "./store.ts";
import { expire, purge } from "./sweep.ts";
import { claim } from "./wait.ts";

const NOTHING_KEPT: Diagnosis = {
  code: "MEMORY_DURABILITY",
  level: "advice",
  text: "Jobs live in this process and end with it.",
  evidence: { durability: "none" },
  fix: "Open a yard on a file or a server for jobs that must survive: sqlite:./jobyard.db.",
};
const NO_VERSIONS = { state: "ready", current: 0, wanted: 0 } as const;

/** @param options.ports - the clock by which deadlines are judged, and the maker of audit ids; the system's own by default */
export function memoryAdapter({ ports = systemPorts }: { readonly ports?: Ports } = {}): Adapter {
  const store = createStore(ports);

  /** The verb on this store: a promise outside, one uninterrupted step inside. */
  const verb =
    <A extends readonly unknown[], R>(run: (store: Store, ...args: A) => R) =>
    async (...args: A): Promise<Awaited<R>> => {
      refuseIfClosed(store);
      return await run(store, ...args);
    };

  return {
    name: "memory",
    capabilities: { transactions: false, durability: "none", coworkers: "none" },
    schema: {
      status: verb(() => NO_VERSIONS),
      migrate: verb(() => ({ from: 0, to: 0 })),
    },
    writer: {
      enqueue: verb((it, jobs, options) => {
        refuseTx(options);
        return enqueue(it, jobs);
      }),
    },
    leaser: {
      claim: verb(claim),
      settle: verb((it, settlements, options) => {
        refuseTx(options);
        return settle(it, settlements);
      }),
      extend: verb(extend),
      append: verb(append),
      expired: verb(expired),
      retire: verb(retire),
    },
    reader: {
      now: verb((it) => it.ports.now()),
      get: verb(get),
      locate: verb(locate),
      list: verb(list),
      count: verb(count),
      phases: verb(phases),
      facets: verb(facets),
      events: verb(events),
      queues: verb(queueInfos),
      scan: verb(scan),
      explainFacts: verb(explainFacts),
      watch(onHint) {
        refuseIfClosed(store);
        return store.hints.watch(onHint);
      },
    },
    operator: {
      apply: verb(apply),
      pause: verb(pause),
      resume: verb(resume),
      configure: verb(configure),
    },
    sweeper: { queues: verb((it) => queueInfos(it)), expire: verb(expire), purge: verb(purge) },
    records: {
      put: verb(putRecord),
      get: verb(getRecord),
      list: verb(listRecords),
      remove: verb(removeRecord),
    },
    examine: verb(() => [NOTHING_KEPT]),
    async close() {
      store.closed.abort();
    },
  };
}

function refuseIfClosed(store: Store): void {
  if (store.closed.signal.aborted) throw new QueueError("STORE_CLOSED", "memory");
}

function refuseTx(options: { readonly tx?: unknown } | undefined): void {
  if (options?.tx !== undefined) throw new QueueError("CAPABILITY_MISSING", "memory: tx", { field: "tx" });
}
