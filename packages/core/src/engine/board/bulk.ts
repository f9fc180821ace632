/**
 * Moves of everything that matches: what would be touched, and the touching, page by page.
 *
 * The store's `scan` sees each job once, in an order that the moves do not disturb, and none that was
 * enqueued after the bound: what was counted before is what is moved.
 */

import type { Adapter, ApplyOptions, JobReader, MoveResult } from "../../contract/adapter.ts";
import { DEFAULTS } from "../../nouns/defaults.ts";
import type { Filter } from "../../nouns/filter.ts";
import type { Instant } from "../../nouns/job.ts";
import type { OperatorMove } from "../../nouns/lifecycle.ts";
import type { Ports } from "../../nouns/ports.ts";
import type { BulkProgress, Preview } from "../surface.ts";

/** Jobs that one call of a store's `apply` moves at most. */
export const BULK_PAGE = 500;
const SAMPLE = 5;
const GROUPS = 20;

export async function previewBulk(reader: JobReader, filter: Filter): Promise<Preview> {
  const upTo = await reader.now();
  const [count, byState, byName, sample] = await Promise.all([
    reader.count(filter, DEFAULTS.countCap),
    reader.facets(filter, "state", GROUPS),
    reader.facets(filter, "name", GROUPS),
    reader.scan(filter, upTo, null, SAMPLE),
  ]);
  return { upTo, count, byState, byName, sample: sample.items };
}

export interface BulkRun {
  readonly upTo: Instant;
  /** Jobs per second, `null` for as fast as the store takes them. */
  readonly rate: number | null;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((progress: BulkProgress) => void) | undefined;
}

/** Arguments are checked. Ends when all was seen, or between two pages once the signal aborts. */
export async function moveAllMatching(
  { reader, operator }: Pick<Adapter, "reader" | "operator">,
  ports: Ports,
  move: OperatorMove,
  filter: Filter,
  options: ApplyOptions,
  { upTo, rate, signal, onProgress }: BulkRun,
): Promise<BulkProgress> {
  // Pages of about a second, so that progress shows and an abort is soon heeded.
  const pageSize = rate === null ? BULK_PAGE : Math.min(BULK_PAGE, Math.max(1, Math.floor(rate)));
  const startedAt = ports.monotonic();
  let progress: BulkProgress = { seen: 0, done: 0, skipped: {} };
  let cursor: string | null = null;
  while (!signal?.aborted) {
    const page = await reader.scan(filter, upTo, cursor, pageSize);
    if (page.items.length > 0) {
      progress = add(progress, await operator.apply(move, page.items, options));
      onProgress?.(progress);
    }
    cursor = page.next;
    if (cursor === null) return progress;
    if (rate !== null) await ports.sleep(startedAt + (progress.seen / rate) * 1_000 - ports.monotonic(), signal);
  }
  return progress;
}

function add(progress: BulkProgress, results: readonly MoveResult[]): BulkProgress {
  const skipped = { ...progress.skipped };
  let done = progress.done;
  for (const { outcome } of results) {
    if (outcome === "done") done++;
    else skipped[outcome] = (skipped[outcome] ?? 0) + 1;
  }
  return { seen: progress.seen + results.length, done, skipped };
}
