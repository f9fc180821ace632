/**
 * What is wrong in a Redis store when nobody works on it: every job stands in exactly one of BullMQ's structures, and
 * whatever we keep beside them says the same of it.
 */

import type { Redis } from "ioredis";
import { type JobHash, type LoadedQueue, loadQueue } from "./redis-keys.ts";

const PREFIX = "bull";
const ROOT = `${PREFIX}::`;
/** From there on scores of `delayed` are no times. */
const FAR = 2 ** 53 - 1;

/** Empty if nothing is wrong. */
export async function problemsOf(client: Redis): Promise<readonly string[]> {
  const keys = await allKeys(client);
  const names = await client.smembers(`${ROOT}queues`);
  const queues = await Promise.all(names.map((queue) => loadQueue(client, PREFIX, queue, keys)));
  const found = [...queues.flatMap(queueProblems), ...(await sessionProblems(client, queues, keys))];
  return found.length > MOST ? [...found.slice(0, MOST), `and ${found.length - MOST} more`] : found;
}

const MOST = 20;

async function allKeys(client: Redis): Promise<readonly string[]> {
  const all = new Set<string>();
  for await (const keys of client.scanStream({ match: `${PREFIX}:*`, count: 1_000 }))
    for (const key of keys as readonly string[]) all.add(key);
  return [...all];
}

function queueProblems(queue: LoadedQueue): readonly string[] {
  const problems: string[] = [];
  const say = (id: string, what: string): void => void problems.push(`${queue.name}/${id}: ${what}`);
  const places = new Map<string, string[]>();
  for (const [structure, members] of Object.entries(queue.structures))
    for (const { id } of members) places.set(id, [...(places.get(id) ?? []), structure]);

  for (const [id, at] of places) {
    if (!queue.jobs.has(id)) say(id, `stands in ${at.join(" and ")} and is no job`);
    else if (at.length > 1) say(id, `stands in ${at.join(" and ")}`);
  }
  for (const [id, job] of queue.jobs) {
    const [place] = places.get(id) ?? [];
    if (place === undefined) say(id, "stands nowhere");
    else for (const what of jobProblems(job, place)) say(id, what);
  }
  for (const { id, key } of queue.companions) {
    if (!queue.jobs.has(id)) say(id, `${key} belongs to no job`);
    else if (key.endsWith(":lock") && !places.get(id)?.includes("active")) say(id, "has a lock and is not active");
  }
  for (const [what, should, is] of indexesOf(queue, places)) {
    for (const id of should) if (!is.has(id)) say(id, `is missing in ${what}`);
    for (const id of is) if (!should.has(id)) say(id, `stands in ${what} and should not`);
  }
  for (const [state, bytes] of Object.entries(retainedBytes(queue, places)))
    if ((queue.bytes[state] ?? 0) !== bytes)
      problems.push(`${queue.name}: ${queue.bytes[state] ?? 0} bytes of ${state} are counted, and ${bytes} are there`);
  for (const [key, id] of queue.dedupeKeys)
    if (queue.jobs.get(id)?.["deid"] !== key) say(id, `is said to hold the key ${key}`);
  return problems;
}

/** What its own fields say, against the structure in which it stands. */
function* jobProblems(job: JobHash, place: string): Iterable<string> {
  const isOver = place === "completed" || place === "failed";
  if (isOver && job["finishedOn"] === undefined) yield `is ${place} and was never finished`;
  if (!isOver && job["finishedOn"] !== undefined) yield `is ${place} and has a time of its end`;
  if (job["yt"] !== undefined && place === "active" && job["pb"] === undefined) yield "is leased to nobody";
  if (place === "active" && job["yt"] === undefined && job["yn"] !== undefined) yield "is active without a lease";
  if (job["yl"] !== undefined && isOver) yield "is over and still held";
  if (job["yq"] !== undefined && isOver) yield "is over and still to be cancelled";
}

type Index = readonly [name: string, should: ReadonlySet<string>, is: ReadonlySet<string>];

function indexesOf(queue: LoadedQueue, places: ReadonlyMap<string, readonly string[]>): readonly Index[] {
  const those = (is: (job: JobHash, place: string) => boolean): ReadonlySet<string> =>
    new Set([...queue.jobs].filter(([id, job]) => is(job, places.get(id)?.[0] ?? "")).map(([id]) => id));
  const delayed = new Map(queue.structures.delayed.map(({ id, score }) => [id, score]));
  const isCancelled = (job: JobHash): boolean =>
    job["ym"]?.startsWith("cancelled") === true && job["yi"] === job["finishedOn"];
  const isOurs = (job: JobHash): boolean => job["yn"] !== undefined;
  const { indexes } = queue;
  const made = (job: JobHash): number => Number(job["atm"] ?? 0) + Number(job["stc"] ?? 0);
  return [
    ["jobs", those(isOurs), indexes.jobs],
    ["dead", those((job, at) => at === "failed" && isOurs(job) && !isCancelled(job)), indexes.dead],
    ["cancelled", those((job, at) => at === "failed" && isOurs(job) && isCancelled(job)), indexes.cancelled],
    ["stale", those((job, at) => at === "waiting-children" && job["ym"] === "stale"), indexes.stale],
    ["held", those((job, at) => at === "delayed" && job["yl"] !== undefined), indexes.held],
    [
      "retrying",
      new Set(
        [...delayed].filter(([id, score]) => score < FAR && made(queue.jobs.get(id) ?? {}) > 0).map(([id]) => id),
      ),
      indexes.retrying,
    ],
    [
      "lanes",
      new Set(
        [...delayed]
          .filter(([id, score]) => score >= FAR && queue.jobs.get(id)?.["yl"] === undefined)
          .map(([id]) => id),
      ),
      indexes.parked,
    ],
    [
      "expiring",
      those(
        (job, at) =>
          job["ye"] !== undefined && at !== "active" && job["finishedOn"] === undefined && job["ym"] !== "stale",
      ),
      indexes.expiring,
    ],
  ];
}

/** By state, as retention counts them. */
function retainedBytes(
  queue: LoadedQueue,
  places: ReadonlyMap<string, readonly string[]>,
): Readonly<Record<string, number>> {
  const sums: Record<string, number> = { completed: 0, dead: 0, cancelled: 0 };
  for (const [id, job] of queue.jobs) {
    const [place] = places.get(id) ?? [];
    if (job["yn"] === undefined || (place !== "completed" && place !== "failed")) continue;
    const isCancelled = job["ym"]?.startsWith("cancelled") === true && job["yi"] === job["finishedOn"];
    const state = place === "completed" ? place : isCancelled ? "cancelled" : "dead";
    sums[state] = (sums[state] ?? 0) + bytesOf(job, queue.errors.get(id) ?? []);
  }
  return sums;
}

function bytesOf(job: JobHash, errors: readonly string[]): number {
  const result = job["returnvalue"];
  const hasResult = result !== undefined && (result !== "null" || job["yo"] !== undefined);
  const texts = errors.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  return (
    Buffer.byteLength(job["data"] ?? "") +
    (hasResult ? Buffer.byteLength(result) : 0) +
    (errors.length === 0 ? 0 : errors.length + 1 + texts)
  );
}

/** Each active job of ours is a lease of its session, and there are no others. */
async function sessionProblems(
  client: Redis,
  queues: readonly LoadedQueue[],
  keys: readonly string[],
): Promise<readonly string[]> {
  const problems: string[] = [];
  const should = new Map<string, string>();
  for (const queue of queues)
    for (const { id } of queue.structures.active) {
      const job = queue.jobs.get(id);
      if (job?.["yt"] !== undefined) should.set(`${queue.name}:${id}`, job["pb"] ?? "");
    }
  const prefix = `${ROOT}session:`;
  const sessions = keys.filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length));
  for (const session of sessions)
    for (const member of await client.smembers(`${prefix}${session}`)) {
      if (should.get(member) !== session) problems.push(`${member} is a lease of ${session}, which does not have it`);
      should.delete(member);
    }
  for (const [member, session] of should) problems.push(`${member} is active in ${session}, which has no such lease`);
  const known = new Set(sessions);
  for (const list of ["sessions", "alone", "exclusive"]) {
    const members =
      list === "sessions" ? await client.zrange(`${ROOT}${list}`, "0", "-1") : await client.smembers(`${ROOT}${list}`);
    for (const session of members)
      if (!known.has(session)) problems.push(`${session} is one of ${list} and has no lease`);
  }
  return problems;
}
