/** What people read, as the contract says it. Nothing here changes anything. */

import type { Instant, JobReader } from "@jobyard/core/adapter";
import { nowScript } from "../lua/read/overview.lua.ts";
import { count, facets, phases } from "./counts.ts";
import { Discovery } from "./discovery.ts";
import { events, get, locate } from "./jobs.ts";
import { overviewOf } from "./overview.ts";
import { list, scan } from "./pages.ts";
import { explainFacts, queues } from "./queues.ts";
import type { Readable } from "./store.ts";

/** All but `watch`. */
export function createReader(store: Readable): Omit<JobReader, "watch"> {
  const discovery = new Discovery(store);
  return {
    now: async () => (await store.run(nowScript)) as Instant,
    get: (refs) => get(store, refs),
    locate: async (id) => locate(store, await namesIn(store, discovery), id),
    list: (request) => list(store, discovery, request),
    count: (filter, cap) => count(store, discovery, filter, cap),
    phases: (filter, cap) => phases(store, discovery, filter, cap),
    facets: (filter, field, limit) => facets(store, discovery, filter, field, limit),
    events: (ref, after, limit) => events(store, ref, after, limit),
    queues: (only) => queues(store, discovery, only),
    scan: (filter, upTo, cursor, limit) => scan(store, discovery, filter, upTo, cursor, limit),
    explainFacts: (ref) => explainFacts(store, ref),
  };
}

const namesIn = async (store: Readable, discovery: Discovery): Promise<readonly string[]> =>
  (await overviewOf(store, discovery, null)).queues.map(({ queue }) => queue);
