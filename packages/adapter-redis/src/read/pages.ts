/**
 * Pages of a list, newest first. A cursor is a place between two jobs, so that what arrives or goes elsewhere in the
 * list moves nothing: no job twice, none skipped.
 */

import {
  attentionStateOf,
  beginOf,
  type Filter,
  type Instant,
  type JobRef,
  type JobSummary,
  type ListRequest,
  mayHaveRows,
  OTHER_SIDE,
  otherSideOf,
  type Page,
  type SearchRequest,
  toPage,
} from "@jobyard/core/adapter";
import type { Discovery } from "./discovery.ts";
import type { Match } from "./eye.ts";
import { look, SUMMARY, type Wanted } from "./look.ts";
import { endOfCall, search } from "./search.ts";
import type { Readable } from "./store.ts";

export async function list(
  store: Readable,
  discovery: Discovery,
  { filter, cursor, limit }: ListRequest,
): Promise<Page<JobSummary>> {
  const order = attentionStateOf(filter) === null ? "enqueued" : "entered";
  const from = beginOf(order, filter, cursor);
  // What the walks find is what was asked for: one look is enough.
  const isSure = filter.every(({ field }) => field === "queue");
  const items = isSure ? summariesIn : (found: readonly Match[]) => readSummaries(store, found);
  return pageOf(store, discovery, { filter, order, from, cursor, limit, items, ...(isSure && { read: SUMMARY }) });
}

const summariesIn = async (found: readonly Match[]): Promise<readonly JobSummary[]> =>
  found.map(({ job }) => job.toSummary());

async function readSummaries(store: Readable, found: readonly Match[]): Promise<readonly JobSummary[]> {
  const jobs = await look(
    store,
    found.map(({ job }) => job),
    SUMMARY,
  );
  return jobs.flatMap((job) => job?.toSummary() ?? []);
}

export async function scan(
  store: Readable,
  discovery: Discovery,
  filter: Filter,
  upTo: Instant,
  cursor: string | null,
  limit: number,
): Promise<Page<JobRef>> {
  const order = "scan";
  const from = beginOf(order, filter, cursor);
  const items = async (found: readonly Match[]) => found.map(({ key: { queue, id } }) => ({ queue, id }));
  return pageOf(store, discovery, { filter, order, from, cursor, limit, upTo, items });
}

interface Asked<T> extends Pick<SearchRequest, "filter" | "order" | "from" | "upTo"> {
  readonly cursor: string | null;
  readonly limit: number;
  readonly read?: Wanted;
  /** What the page holds of each match. */
  readonly items: (found: readonly Match[]) => Promise<readonly T[]>;
}

async function pageOf<T>(
  store: Readable,
  discovery: Discovery,
  { cursor, limit, items: itemsOf, read = {}, ...asked }: Asked<T>,
): Promise<Page<T>> {
  const { order, filter, from } = asked;
  const end = endOfCall(store);
  const matches: Match[] = [];
  const collect = (portion: readonly Match[]): void => void matches.push(...portion);
  const found = await search(store, discovery, { ...asked, end, read, wanted: limit + 1, collect });
  const keys = matches.map(({ key }) => key);
  const otherSide = otherSideOf(from, keys[0]);
  const aside = { ...asked, ...OTHER_SIDE, end, from: otherSide, collect: () => {} };
  const behind = cursor !== null && mayHaveRows(await search(store, discovery, aside)) ? otherSide : null;
  const items = await itemsOf(matches.slice(0, limit));
  const page = toPage(order, filter, from, { limit, keys, items, search: found, behind });
  return found.isComplete ? page : { ...page, searched: { ...page.searched, all: false } };
}
