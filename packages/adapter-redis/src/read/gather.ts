/** Jobs that stand in some of a queue's structures, with their places in a list. */

import type { JobRef, ListOrder } from "@jobyard/core/adapter";
import { gatherScript, placesScript } from "../lua/read/walk.lua.ts";
import { packed, unpacked } from "../packed.ts";
import { foreignNumber, isForeignNumber } from "./foreign-number.ts";
import { SLICE } from "./look.ts";
import type { Readable } from "./store.ts";
import type { JobKey } from "./walks.ts";

/** `far`: those that are held or parked. `parents`: those that wait for others, stale ones too. */
export type Structure =
  | "wait"
  | "prioritized"
  | "due"
  | "later"
  | "far"
  | "retrying"
  | "active"
  | "parents"
  | "completed"
  | "failed"
  | "dead"
  | "cancelled"
  | "stale";

/** Which of them count: `foreign` are not in our index of jobs, `unmarked` not in those of dead and cancelled ones. */
export type Only = "all" | "foreign" | "unmarked";

/** @param most - so many at most */
export async function gather(
  store: Readable,
  queue: string,
  structures: readonly Structure[],
  order: ListOrder,
  only: Only,
  most: number,
): Promise<readonly JobKey[]> {
  const ask = packed({ queue, structures, most });
  const lists = unpacked<readonly (readonly string[])[]>(await store.runForBuffers(gatherScript, ask));
  const ids = [...new Set(lists.flat())];
  if (only !== "foreign") return placesOf(store, queue, ids, order, only);
  // Whoever goes through a list to change it relies on every place.
  const places = order === "enqueued" ? await knownPlaces(store, queue, ids) : await placesOf(store, queue, ids, order);
  return places.filter(({ pk }) => isForeignNumber(pk));
}

/** Lists are looked at every few seconds, and a job's place in the order of enqueueing stays the same. */
const KNOWN_MS = 30_000;
const known = new WeakMap<Readable, Map<string, { readonly since: number; readonly places: Map<string, JobKey> }>>();

async function knownPlaces(store: Readable, queue: string, ids: readonly string[]): Promise<readonly JobKey[]> {
  const now = store.ports.monotonic();
  const queues = known.get(store) ?? new Map();
  known.set(store, queues);
  const last = queues.get(queue);
  const { since, places } =
    last !== undefined && now - last.since < KNOWN_MS ? last : { since: now, places: new Map() };
  queues.set(queue, { since, places });
  const unknown = ids.filter((id) => !places.has(id));
  for (const key of await placesOf(store, queue, unknown, "enqueued")) places.set(key.id, key);
  return ids.flatMap((id) => places.get(id) ?? []);
}

/** Of those that exist. */
export async function placesOf(
  store: Readable,
  queue: string,
  ids: readonly string[],
  order: ListOrder,
  only: Exclude<Only, "foreign"> = "all",
): Promise<readonly JobKey[]> {
  const keys: JobKey[] = [];
  for (let from = 0; from < ids.length; from += SLICE) {
    const slice = ids.slice(from, from + SLICE);
    const found = unpacked<readonly Text[]>(await store.runForBuffers(placesScript, packed([queue, ...slice])));
    for (const [index, id] of slice.entries()) {
      const place = found.slice(index * FIELDS, (index + 1) * FIELDS) as unknown as Place;
      if (IS_MEANT[only](place)) keys.push(keyOf({ queue, id }, place, order));
    }
  }
  return keys;
}

/** As the script answers. */
type Place = readonly [timestamp: Text, number: Text, mark: Text, entered: Text, finished: Text];
type Text = string | false;
const FIELDS = 5;

const IS_MEANT: Readonly<Record<Exclude<Only, "foreign">, (place: Place) => boolean>> = {
  all: ([timestamp]) => timestamp !== false,
  unmarked: ([timestamp, , mark]) => timestamp !== false && mark === false,
};

function keyOf(ref: JobRef, [timestamp, number, mark, entered, finished]: Place, order: ListOrder): JobKey {
  const enteredAt = (mark === false ? finished : entered) || timestamp;
  const at = order === "entered" ? enteredAt : timestamp;
  return {
    ...ref,
    at: Math.floor(Number(at)),
    pk: number === false ? foreignNumber(ref.queue, ref.id) : Number(number),
  };
}
