/** What people read. Nothing here changes anything. */

import type { Count, ExplainFacts, Facet, FacetField, ListRequest, Page } from "../../contract/adapter.ts";
import { exactly } from "../../contract/counts.ts";
import { FACET_VALUES, inPhases, topFacets } from "../../decisions/counting.ts";
import { matchesFilter } from "../../decisions/matches.ts";
import { attentionStateOf } from "../../decisions/narrow.ts";
import type { Filter } from "../../nouns/filter.ts";
import type { Instant, Job, JobEvent, JobRef, JobSummary } from "../../nouns/job.ts";
import { PHASES, type Phase, type State } from "../../nouns/lifecycle.ts";
import { otherHolder } from "./keys.ts";
import { isDue } from "./line.ts";
import { type Listing, type PageOfRows, pageOf } from "./pages.ts";
import { infoOf } from "./queues.ts";
import { byRunAt, byTurn, findRow, type Queue, queueOf, type Row, readJob, refOf, type Store } from "./store.ts";

export const get = (store: Store, refs: readonly JobRef[]): readonly (Job | null)[] =>
  refs.map((ref) => {
    const row = findRow(store, ref);
    return row ? readJob(store, row) : null;
  });

export const locate = (store: Store, id: string): readonly JobRef[] =>
  [...store.queues.values()]
    .filter((queue) => queue.rows.has(id))
    .map((queue) => ({ queue: queue.name, id }))
    .sort((a, b) => (a.queue < b.queue ? -1 : 1));

const BY_ENQUEUE: Listing = { order: "enqueued", at: () => 0 };
const BY_STATE: Listing = { order: "entered", at: (row) => row.enteredAt };
const BY_SCAN: Listing = { order: "scan", at: () => 0 };

export function list(store: Store, { filter, cursor, limit }: ListRequest): Page<JobSummary> {
  const now = store.ports.now();
  const matches = (row: Row): boolean => matchesFilter(row.job, filter, now);
  const only = attentionStateOf(filter);
  const page =
    only === null
      ? pageOf(BY_ENQUEUE, filter, store.rows.rows, matches, cursor, limit)
      : pageOf(BY_STATE, filter, enteredInto(store, only), matches, cursor, limit);
  return toPage(page, (row) => summaryOf(readJob(store, row)));
}

const enteredInto = (store: Store, state: State): readonly Row[] =>
  store.rows.rows
    .filter((row) => row.job.state === state)
    .sort((a, b) => a.enteredAt - b.enteredAt || a.number - b.number);

const toPage = <T>({ rows, next, previous, last, looked }: PageOfRows, item: (row: Row) => T): Page<T> => ({
  items: rows.map(item),
  next,
  previous,
  last,
  searched: { rows: looked, all: true },
});

function summaryOf({ payload, result, errors, backoff, ...summary }: Job): JobSummary {
  return { ...summary, lastError: errors.at(-1) ?? null };
}

/** Looks one match further than the cap, so that a number that is whole says so. */
export function count(store: Store, filter: Filter, cap: number): Count {
  const now = store.ports.now();
  let n = 0;
  for (const row of store.rows) {
    if (!matchesFilter(row.job, filter, now)) continue;
    if (n >= cap) return { n, exact: false };
    n += 1;
  }
  return { n, exact: true };
}

export function phases(store: Store, filter: Filter, cap: number): Readonly<Record<Phase, Count>> {
  const counts = PHASES.map((phase) => [phase, count(store, inPhases([phase], filter), cap)] as const);
  return Object.fromEntries(counts) as Record<Phase, Count>;
}

export function facets(store: Store, filter: Filter, field: FacetField, limit: number): readonly Facet[] {
  const now = store.ports.now();
  const counts = new Map<string, number>();
  for (const { job } of store.rows)
    if (matchesFilter(job, filter, now))
      for (const value of FACET_VALUES[field](job)) counts.set(value, (counts.get(value) ?? 0) + 1);
  const found = [...counts].map(([value, n]) => ({ value, count: exactly(n) }));
  return topFacets(found, limit);
}

export function events(store: Store, ref: JobRef, after: number, limit: number): readonly JobEvent[] | null {
  const row = findRow(store, ref);
  return row ? row.events.slice(after, after + limit) : null;
}

/** In the order of enqueue, which no move disturbs. */
export function scan(store: Store, filter: Filter, upTo: Instant, cursor: string | null, limit: number): Page<JobRef> {
  const now = store.ports.now();
  const matches = ({ job }: Row): boolean => job.createdAt <= upTo && matchesFilter(job, filter, now);
  return toPage(pageOf(BY_SCAN, filter, store.rows.rows, matches, cursor, limit), refOf);
}

export function explainFacts(store: Store, ref: JobRef): ExplainFacts | null {
  const row = findRow(store, ref);
  if (row === undefined) return null;
  const now = store.ports.now();
  const queue = queueOf(store, ref.queue);
  const holder = otherHolder(queue, row, now);
  return {
    now,
    job: readJob(store, row),
    queue: infoOf(queue, now),
    ahead: { n: row.job.state === "waiting" ? countAhead(queue, row, now) : 0, exact: true },
    keyHolder: holder && refOf(holder),
  };
}

/** Jobs that no ordinary claim takes are ahead of nobody. The next claim numbers what has no number yet by its time. */
function countAhead(queue: Queue, row: Row, now: Instant): number {
  const line = [...queue.ready, ...queue.later];
  const due = line.filter((other) => other !== row && isDue(other, now));
  return due.filter((other) => (byTurn(other, row) || byRunAt(other, row)) < 0).length;
}
