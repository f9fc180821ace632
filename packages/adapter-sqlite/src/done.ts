/**
 * The order in which jobs completed, by which retention removes them: one row for all that a step completed in a
 * queue, because a row or an index entry for each would cost a completion more than all else that it writes.
 */

import type { Instant } from "@jobyard/core/adapter";
import { addDone, type DoneRow, doneAfter, doneAt, removeDone } from "./sql/done.sql.ts";
import type { Step, View } from "./step.ts";
import type { Tally } from "./tally.ts";

/** What a step completes: gathered, and written at its end. */
export class DoneLog {
  readonly #batches = new Map<string, Batch>();

  /**
   * @param pks - numbers of the jobs, each of them once in a step; one that has its place from before keeps it
   * @param bytes - of all of them, as retention counts
   */
  add(queue: string, finishedAt: Instant, pks: readonly number[], bytes: number): void {
    const key = `${finishedAt}:${queue}`;
    const batch = this.#batches.get(key);
    if (batch === undefined) {
      this.#batches.set(key, { queue, finishedAt, pks: [...pks], bytes });
    } else {
      for (const pk of pks) batch.pks.push(pk);
      batch.bytes += bytes;
    }
  }

  write(db: Step["db"], tally: Tally): void {
    for (const { queue, finishedAt, pks, bytes } of this.#batches.values()) {
      writeRow(db, queue, finishedAt, pks);
      tally.add(queue, "completed", pks.length);
      tally.add(queue, "completedBytes", bytes);
    }
    this.#batches.clear();
  }
}

interface Batch {
  readonly queue: string;
  readonly finishedAt: Instant;
  readonly pks: number[];
  bytes: number;
}

function writeRow(db: Step["db"], queue: string, finished_at: Instant, pks: readonly number[]): void {
  const ordered = pks.toSorted((a, b) => a - b);
  const [pk] = ordered;
  if (pk !== undefined) db.run(addDone, { queue, finished_at, pk, pks: JSON.stringify(ordered) });
}

/** One completed job, by its place in the order. It may be gone. */
export interface Done {
  readonly finishedAt: Instant;
  readonly pk: number;
}

/** Rows that are read at once: few at first, because one of them may stand for hundreds of jobs. */
const FIRST_PORTION = 2;
const LARGEST_PORTION = 128;

/** In the order of completion; what completed in one instant, in the order of enqueue. */
export function* doneOf(view: View, queue: string): Generator<readonly Done[]> {
  let after = Number.MIN_SAFE_INTEGER;
  for (let limit = FIRST_PORTION; ; limit = Math.min(2 * limit, LARGEST_PORTION)) {
    const rows = view.db.all(doneAfter, { queue, finished_at: after, limit });
    const last = rows.at(-1);
    if (last === undefined) return;
    after = last.finished_at;
    yield inOrder(rows.length < limit ? rows : wholeInstants(view, queue, rows, after));
  }
}

/** The portion may end within an instant. */
const wholeInstants = (view: View, queue: string, rows: readonly DoneRow[], last: Instant): readonly DoneRow[] => [
  ...rows.filter((row) => row.finished_at < last),
  ...view.db.all(doneAt, { queue, finished_at: last }),
];

function inOrder(rows: readonly DoneRow[]): readonly Done[] {
  const found: Done[] = [];
  for (const [finishedAt, ofInstant] of Map.groupBy(rows, (row) => row.finished_at))
    for (const pk of pksIn(ofInstant)) found.push({ finishedAt, pk });
  return found;
}

const pksIn = (rows: readonly DoneRow[]): readonly number[] =>
  [...new Set(rows.flatMap(({ pks }) => JSON.parse(pks) as number[]))].sort((a, b) => a - b);

/** Forgets the order up to and with `last`. */
export function forgetDone({ db }: Step, queue: string, last: Done): void {
  const { finishedAt: finished_at } = last;
  const stay = pksIn(db.all(doneAt, { queue, finished_at })).filter((pk) => pk > last.pk);
  db.run(removeDone, { queue, finished_at });
  writeRow(db, queue, finished_at, stay);
}
