/**
 * Retention: finals go, the oldest first, until every bound holds. Both orders that it walks hold finals and nothing
 * else, so a purge reads what it removes and one job more, whatever else is in the file.
 */

import type { Instant, PurgeRule } from "@jobyard/core/adapter";
import { type Done, doneOf, forgetDone } from "./done.ts";
import { leaveKey } from "./keys.ts";
import { forgetBlocks } from "./lane-blocks.ts";
import {
  completedOf,
  type FinalRow,
  oldestFinals,
  removeAttentionTo,
  removeEventsOf,
  removeJobs,
} from "./sql/purge.sql.ts";
import { readTally } from "./sql/tally.sql.ts";
import type { Step, View } from "./step.ts";

export interface Purged {
  readonly removed: number;
  readonly more: boolean;
}

/** Places in the order that a purge looks at, beyond those that it removes: jobs that a person removed are among them. */
const MOST_GONE = 10_000;

/** True if a purge by this rule would find something: a look takes no lock from those who write. */
export function mayPurge(view: View, rule: PurgeRule): boolean {
  for (const { row } of places(view, rule, 1)) return row === null || new Bounds(view, rule).excludes(row);
  return false;
}

export function purge(step: Step, rule: PurgeRule, limit: number): Purged {
  const bounds = new Bounds(step, rule);
  const gone: FinalRow[] = [];
  let last: Done | null = null;
  let seen = 0;
  let more = false;
  for (const { place, row } of places(step, rule, limit + 1)) {
    if (row !== null && !bounds.excludes(row)) break;
    more = gone.length === limit || seen === limit + MOST_GONE;
    if (more) break;
    seen += 1;
    last = place;
    if (row === null) continue;
    gone.push(row);
    bounds.without(row);
  }
  if (last !== null && rule.state === "completed") forgetDone(step, rule.queue, last);
  forget(step, rule, gone);
  return { removed: gone.length, more };
}

/** The bounds of the rule, over what is left of the jobs. */
class Bounds {
  readonly #before: Instant;
  #tooMany: number;
  #tooMuch: number;

  constructor({ db, now }: View, { queue, state, keep }: PurgeRule) {
    const stored = (name: string): number => db.get(readTally, { queue, name })?.value ?? 0;
    this.#before = keep.ageMs === null ? Number.NEGATIVE_INFINITY : now - keep.ageMs;
    this.#tooMany = keep.count === null ? 0 : stored(state) - keep.count;
    this.#tooMuch = keep.bytes === null ? 0 : stored(`${state}Bytes`) - keep.bytes;
  }

  /** Asked of the oldest that is left: true if it has to go. */
  excludes({ finished_at }: FinalRow): boolean {
    return finished_at <= this.#before || this.#tooMany > 0 || this.#tooMuch > 0;
  }

  without({ bytes }: FinalRow): void {
    this.#tooMany -= 1;
    this.#tooMuch -= bytes;
  }
}

/** A place in the order; its job may be gone. */
interface Place {
  readonly place: Done;
  readonly row: FinalRow | null;
}

/** From the oldest on. @param limit - how many are wanted, so that no more are looked up at once */
function* places(view: View, { queue, state }: PurgeRule, limit: number): Generator<Place> {
  if (state === "completed") yield* completedPlaces(view, queue, limit);
  else
    for (const row of view.db.all(oldestFinals, { queue, state, limit }))
      yield { place: { finishedAt: row.finished_at, pk: row.pk }, row };
}

function* completedPlaces(view: View, queue: string, limit: number): Generator<Place> {
  for (const done of doneOf(view, queue))
    for (let from = 0; from < done.length; from += limit) {
      const portion = done.slice(from, from + limit);
      const rows = view.db.all(completedOf, { pks: JSON.stringify(portion.map(({ pk }) => pk)) });
      const byPk = new Map(rows.map((row) => [row.pk, row]));
      for (const place of portion) yield { place, row: byPk.get(place.pk) ?? null };
    }
}

function forget(step: Step, { queue, state }: PurgeRule, rows: readonly FinalRow[]): void {
  if (rows.length === 0) return;
  const { db, tally, touched } = step;
  for (const row of rows) if (row.dedupe_key !== null) leaveKey(step, row, state);
  const pks = JSON.stringify(rows.map(({ pk }) => pk));
  db.run(removeJobs, { pks });
  forgetBlocks(db);
  db.run(removeEventsOf, { pks });
  if (state !== "completed") db.run(removeAttentionTo, { pks });
  tally.add(queue, state, -rows.length);
  tally.add(queue, `${state}Bytes`, -rows.reduce((sum, { bytes }) => sum + bytes, 0));
  touched.add(queue);
}
