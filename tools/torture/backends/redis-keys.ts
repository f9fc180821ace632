/** All that a Redis store holds of a queue, read key by key. */

import type { Redis } from "ioredis";

export type JobHash = Readonly<Record<string, string>>;

interface Member {
  readonly id: string;
  readonly score: number;
}

export interface LoadedQueue {
  readonly name: string;
  /** By id. */
  readonly jobs: ReadonlyMap<string, JobHash>;
  /** BullMQ's, which say what state a job has. */
  readonly structures: Readonly<Record<Structure, readonly Member[]>>;
  /** Ours, which are to say the same. */
  readonly indexes: Readonly<Record<Index | "parked", ReadonlySet<string>>>;
  /** As they are counted, by state. */
  readonly bytes: Readonly<Record<string, number>>;
  /** Of jobs that failed, by id. */
  readonly errors: ReadonlyMap<string, readonly string[]>;
  /** Keys that go with a job: its events, its lock. */
  readonly companions: readonly { readonly id: string; readonly key: string }[];
  /** Dedupe key → id of its holder. */
  readonly dedupeKeys: ReadonlyMap<string, string>;
}

const LISTS = ["wait", "active"] as const;
const SETS = ["prioritized", "delayed", "completed", "failed", "waiting-children"] as const;
type Structure = (typeof LISTS)[number] | (typeof SETS)[number];

/** With entries (a number, a colon, an id), or with ids. */
const BY_ENTRY = ["jobs", "dead", "cancelled", "stale", "held"] as const;
const BY_ID = ["retrying", "expiring"] as const;
type Index = (typeof BY_ENTRY)[number] | (typeof BY_ID)[number];

/** Keys of BullMQ's queues that are no jobs. */
const OTHER = new Set<string>([
  ...LISTS,
  ...SETS,
  "meta",
  "events",
  "marker",
  "id",
  "pc",
  "stalled",
  "limiter",
  "paused",
]);

/** @param keys - all there are */
export async function loadQueue(
  client: Redis,
  prefix: string,
  name: string,
  keys: readonly string[],
): Promise<LoadedQueue> {
  const Q = `${prefix}:${name}:`;
  const own = `${prefix}::q:${name}:`;
  const rest = keys.filter((key) => key.startsWith(Q)).map((key) => key.slice(Q.length));
  const ids = rest.filter((key) => !OTHER.has(key) && !key.includes(":"));
  const holders = rest.filter((key) => key.startsWith("de:")).map((key) => key.slice(3));
  const companions = rest
    .filter((key) => key.includes(":") && !key.startsWith("de:"))
    .map((key) => ({ id: key.slice(0, key.indexOf(":")), key }));
  const withErrors = companions.filter(({ key }) => key.endsWith(":jyerr")).map(({ id }) => id);
  const lanes = keys.filter((key) => key.startsWith(`${own}parked:`));
  const hashes = await inPortions(ids, (id) => client.hgetall(`${Q}${id}`));
  const errors = await inPortions(withErrors, (id) => client.lrange(`${Q}${id}:jyerr`, 0, -1));
  const parked = await inPortions(lanes, (lane) => client.zrange(lane, "0", "-1"));
  const lists = await Promise.all(
    LISTS.map(async (list) => [list, unscored(await client.lrange(Q + list, 0, -1))] as const),
  );
  const sets = await Promise.all(
    SETS.map(async (set) => [set, scored(await client.zrange(Q + set, "0", "-1", "WITHSCORES"))] as const),
  );
  const entries = await Promise.all(
    BY_ENTRY.map(async (index) => [index, idsOf(await client.zrange(own + index, "0", "-1"))] as const),
  );
  const plain = await Promise.all(
    BY_ID.map(async (index) => [index, await client.zrange(own + index, "0", "-1")] as const),
  );
  const bytes = Object.entries(await client.hgetall(`${own}bytes`)).map(([state, n]) => [state, Number(n)] as const);
  const dedupe = await inPortions(holders, async (key) => (await client.get(`${Q}de:${key}`)) ?? "");
  const all = [...entries, ...plain, ["parked", parked.flat()] as const];
  return {
    name,
    jobs: new Map(ids.map((id, index) => [id, hashes[index] ?? {}])),
    structures: Object.fromEntries([...lists, ...sets]) as unknown as LoadedQueue["structures"],
    indexes: Object.fromEntries(
      all.map(([index, list]) => [index, new Set(list)]),
    ) as unknown as LoadedQueue["indexes"],
    bytes: Object.fromEntries(bytes),
    errors: new Map(withErrors.map((id, index) => [id, errors[index] ?? []])),
    companions,
    dedupeKeys: new Map(holders.map((key, index) => [key, dedupe[index] ?? ""])),
  };
}

const PORTION = 500;

async function inPortions<T>(items: readonly string[], read: (item: string) => Promise<T>): Promise<readonly T[]> {
  const all: T[] = [];
  for (let from = 0; from < items.length; from += PORTION)
    all.push(...(await Promise.all(items.slice(from, from + PORTION).map(read))));
  return all;
}

const unscored = (ids: readonly string[]): readonly Member[] => ids.map((id) => ({ id, score: 0 }));

const scored = (raw: readonly string[]): readonly Member[] =>
  raw.flatMap((id, index) => (index % 2 === 0 ? [{ id, score: Number(raw[index + 1]) }] : []));

const idsOf = (entries: readonly string[]): readonly string[] =>
  entries.map((entry) => entry.slice(entry.indexOf(":") + 1));
