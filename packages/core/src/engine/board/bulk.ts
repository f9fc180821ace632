/**
 * Moves of everything that matches: what would be touched, and the touching, page by page.
 *
 * The store's `scan` sees each job once, in an order that the moves do not disturb, and none that was
 * enqueued after the bound: what was counted before is what is moved.
 */

import type { Adapter, ApplyOptions, Count, JobReader, MoveResult, Page } from "../../contract/adapter.ts";
import { DEFAULTS } from "../../nouns/defaults.ts";
import type { Filter } from "../../nouns/filter.ts";
import type { Instant, JobRef } from "../../nouns/job.ts";
import type { OperatorMove } from "../../nouns/lifecycle.ts";
import type { Ports } from "../../nouns/ports.ts";
import type { BulkOutcome, BulkProgress, Preview, PreviewOptions } from "../surface.ts";

/** Jobs that one call of a store's `apply` moves at most. */
export const BULK_PAGE = 500;
const SAMPLE = 5;
const GROUPS = 20;

export async function previewBulk(reader: JobReader, filter: Filter, options: PreviewOptions = {}): Promise<Preview> {
  const upTo = await reader.now();
  const sample = await reader.scan(filter, upTo, null, SAMPLE);
  const bounded: Filter = [...filter, { not: false, field: "created", range: { kind: "at", from: null, to: upTo } }];
  const [count, byState, byName] = await Promise.all([
    options.exact ? countAll(reader, filter, upTo, options) : reader.count(bounded, DEFAULTS.countCap),
    reader.facets(bounded, "state", GROUPS),
    reader.facets(bounded, "name", GROUPS),
  ]);
  return { upTo, count, byState, byName, sample: sample.items };
}

/** By looking at each, as the move itself will. */
async function countAll(
  reader: JobReader,
  filter: Filter,
  upTo: Instant,
  { signal, onProgress }: PreviewOptions,
): Promise<Count> {
  let n = 0;
  let cursor: string | null = null;
  do {
    if (signal?.aborted) return { n, exact: false };
    const page: Page<JobRef> = await reader.scan(filter, upTo, cursor, BULK_PAGE);
    n += page.items.length;
    cursor = page.next;
    onProgress?.(n);
  } while (cursor !== null);
  return { n, exact: true };
}

export interface BulkRun {
  readonly upTo: Instant;
  /** Jobs per second, `null` for as fast as the store takes them. */
  readonly rate: number | null;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((progress: BulkProgress) => void) | undefined;
  readonly onResults: ((results: readonly MoveResult[]) => void) | undefined;
}

/** Arguments are checked. Ends when all was seen, or between two pages once the signal aborts. */
export async function moveAllMatching(
  { reader, operator }: Pick<Adapter, "reader" | "operator">,
  ports: Ports,
  move: OperatorMove,
  filter: Filter,
  options: ApplyOptions,
  { upTo, rate, signal, onProgress, onResults }: BulkRun,
): Promise<BulkOutcome> {
  // Pages of about a second, so that progress shows and an abort is soon heeded.
  const pageSize = rate === null ? BULK_PAGE : Math.min(BULK_PAGE, Math.max(1, Math.floor(rate)));
  let progress: BulkProgress = { seen: 0, done: 0, skipped: {} };
  let cursor: string | null = null;
  let notBefore = ports.monotonic();
  while (!signal?.aborted) {
    const startedAt = ports.monotonic();
    const page = await reader.scan(filter, upTo, cursor, pageSize);
    if (page.items.length > 0) {
      const results = await operator.apply(move, page.items, options);
      progress = add(progress, results);
      onResults?.(results);
      onProgress?.(progress);
    }
    cursor = page.next;
    if (cursor === null) return { ...progress, reachedEnd: true };
    if (rate === null) continue;
    // From this page on: time that was lost before it must not come back as a burst.
    notBefore = Math.max(notBefore, startedAt) + (page.items.length / rate) * 1_000;
    await ports.sleep(notBefore - ports.monotonic(), signal);
  }
  return { ...progress, reachedEnd: false };
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
