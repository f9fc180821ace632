/** What the jobs of a run do: they take their time, write down that they did it, and some kill their process. */

import { setTimeout as sleep } from "node:timers/promises";
import type { BoundJob, Context, JobRef, RunningJob } from "@jobyard/core";
import type { Ledger } from "../backends/backend.ts";
import type { Recorder } from "../history/recording.ts";
import type { Work } from "../plan/jobs.ts";
import { DEATHS } from "./pill.ts";
import { entry, pill, task } from "./types.ts";

export interface HandlerTools {
  readonly recorder: Recorder;
  readonly ledger: Ledger | null;
  readonly paceMs: number | null;
}

export function createHandlers({ recorder, ledger, paceMs }: HandlerTools): readonly BoundJob[] {
  const { history, holdings, points, uncommitted } = recorder;

  const begin = ({ queue, id }: JobRef): number => {
    const epoch = holdings.epochOf({ queue, id });
    history.write({ kind: "started", queue, id, epoch });
    return epoch;
  };

  /** Up to the effect. */
  const work = async (job: RunningJob<Work>, ctx: Context): Promise<void> => {
    const epoch = begin(job);
    const { workMs, heeds, reports, stumbles } = job.payload;
    const signal = heeds ? ctx.signal : undefined;
    const halfMs = (paceMs ?? workMs) / 2;
    await sleep(halfMs, undefined, { signal });
    if (reports) await ctx.progress({ half: true });
    if (stumbles && job.attempt === 1) throw new Error("stumbled");
    await sleep(halfMs, undefined, { signal });
    history.write({ kind: "effect", queue: job.queue, id: job.id, epoch });
    points.pass("after-effect");
  };

  const handlers: BoundJob[] = [
    task.handler(work),
    pill.handler(async (job) => {
      begin(job);
      await company(() => holdings.othersThan(pill.name), holdings.isHeld(job));
      history.write({ kind: "point", point: `pill-${job.payload.way}` });
      return DEATHS[job.payload.way]();
    }),
  ];
  if (ledger === null) return handlers;
  const complete = async (job: RunningJob<Work>, ctx: Context): Promise<void> => {
    await work(job, ctx);
    await ledger.transaction(async (tx, note) => {
      await note(job.id);
      await ctx.complete(null, { tx });
      points.pass("before-commit");
    });
    points.pass("after-commit");
    uncommitted.get(job.id)?.();
    uncommitted.delete(job.id);
  };
  return [...handlers, entry.handler(complete)];
}

const COMPANY = 4;
const PATIENCE_MS = 2_000;
const BATCH_PATIENCE_MS = 50;

/**
 * A pill that works for a while before it kills, so that others share the process if there are any.
 *
 * @param inBatch - it runs in an exclusive batch, and nobody else will come
 */
async function company(others: () => number, inBatch: boolean): Promise<void> {
  const end = performance.now() + (inBatch ? BATCH_PATIENCE_MS : PATIENCE_MS);
  while (others() < COMPANY && performance.now() < end) await sleep(10);
}
