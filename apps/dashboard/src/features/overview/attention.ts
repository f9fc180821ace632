/** What an operator should look at, from facts alone: nothing is listed that is not so, and a healthy yard has an empty list. */

import type { QueueInfo, WorkerInfo } from "@jobyard/core";

export interface Attention {
  readonly kind: "no-worker" | "dead" | "stale" | "paused" | "lag" | "full";
  readonly queue: string;
  /** What is so, as a sentence without the queue's name. */
  readonly count: QueueInfo["counts"]["dead"] | null;
  /** Since when, where that is known. */
  readonly since: number | null;
  readonly by: string | null;
}

/** A job that is due and has waited longer than this is worth a line. */
const LAG_MS = 5 * 60_000;

export function attentionOf(
  queues: readonly QueueInfo[],
  workers: readonly WorkerInfo[],
  now: number,
): readonly Attention[] {
  const served = new Set(workers.flatMap((worker) => worker.queues.map(({ queue }) => queue)));
  return queues
    .flatMap((info) => findings(info, served.has(info.queue), now))
    .sort((a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind));
}

/** Most urgent first. */
const KINDS: readonly Attention["kind"][] = ["no-worker", "dead", "lag", "full", "stale", "paused"];

function findings(info: QueueInfo, served: boolean, now: number): Attention[] {
  const { queue, counts, paused, oldestDueAt, settings, depth } = info;
  const of = (kind: Attention["kind"], part: Partial<Attention> = {}): Attention => ({
    kind,
    queue,
    count: null,
    since: null,
    by: null,
    ...part,
  });
  const late = oldestDueAt !== null && now - oldestDueAt > LAG_MS;
  return [
    ...(!served && oldestDueAt !== null && !paused
      ? [of("no-worker", { count: counts.waiting, since: oldestDueAt })]
      : []),
    ...(counts.dead.n > 0 ? [of("dead", { count: counts.dead })] : []),
    ...(served && late && !paused ? [of("lag", { count: counts.waiting, since: oldestDueAt })] : []),
    ...(settings.maxSize !== null && depth >= settings.maxSize
      ? [of("full", { count: { n: depth, exact: true } })]
      : []),
    ...(counts.stale.n > 0 ? [of("stale", { count: counts.stale })] : []),
    ...(paused ? [of("paused", { since: paused.at, by: paused.by })] : []),
  ];
}
