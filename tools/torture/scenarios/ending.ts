/** The end of every scenario: until nothing is left to do, everybody out, and then the questions. */

import { join } from "node:path";
import { isQueueError, type QueueInfo } from "@jobyard/core";
import { checkHistory, type HistoryLimits, type HistoryReport } from "@jobyard/core/testing";
import type { Crew } from "../crew/crew.ts";
import { chargedInCompany } from "../history/charges.ts";
import { dump } from "../history/dump.ts";
import { readErrors, readHistory } from "../history/read.ts";
import { type Figure, NONE } from "../report/figures.ts";
import { lossFigures } from "./loss-figures.ts";
import type { Stage } from "./scenario.ts";

/** For a store that may go back in time: what is done when nothing has moved for so long. */
export interface Still {
  readonly afterMs: number;
  readonly act: () => Promise<void>;
}

/** Resolves when all jobs are over. */
export async function drained(stage: Stage, jobs: number, still: Still | null = null): Promise<void> {
  const { limit, tell } = stage;
  let [last, since] = [jobs, performance.now()];
  await limit.until("the last jobs to end", async () => {
    const queues = await queuesOf(stage);
    if (queues === null) return null;
    const open = queues.reduce((sum, { depth, counts }) => sum + depth + counts.stale.n, 0);
    tell(`waits for ${open} of ${jobs} jobs`);
    if (open !== last) [last, since] = [open, performance.now()];
    if (still !== null && performance.now() - since > still.afterMs) {
      await still.act();
      since = performance.now();
    }
    return open === 0 ? true : null;
  });
}

/** Resolves when so many jobs are completed. */
export async function completed(stage: Stage, jobs: number): Promise<void> {
  const { limit, tell } = stage;
  await limit.until(`${jobs} jobs to be completed`, async () => {
    const queues = await queuesOf(stage);
    if (queues === null) return null;
    const done = queues.reduce((sum, { counts }) => sum + counts.completed.n, 0);
    tell(`${done} of ${jobs} jobs are completed`);
    return done >= jobs ? true : null;
  });
}

/** `null` while the store is away: whoever asks will ask again. */
async function queuesOf({ yard }: Stage): Promise<readonly QueueInfo[] | null> {
  return yard.adapter.reader.queues().catch((error: unknown) => {
    if (isQueueError(error, "STORE_UNAVAILABLE")) return null;
    throw error;
  });
}

/** A graceful stop, and what it must be: everybody leaves with exit code 0. */
export async function stopAll({ limit, figures }: Stage, crew: Crew): Promise<void> {
  await limit.wait("the last workers to start", crew.ready());
  const exits = await limit.wait("the workers to stop", crew.stop());
  const bad = crew.size - exits.filter(({ code }) => code === 0).length;
  figures.push({ label: "workers that did not stop well", value: bad, want: NONE });
}

/** What the store, its files and the history say. Nobody works on the store any more. */
export async function judge(
  { backend, store, yard, folder }: Pick<Stage, "backend" | "store" | "yard" | "folder">,
  limits: HistoryLimits,
): Promise<{ readonly figures: readonly Figure[]; readonly report: HistoryReport }> {
  const problems = await store.integrity();
  const ledger = (await backend.openLedger?.(store.url)) ?? null;
  const rows = (await ledger?.rows()) ?? null;
  await ledger?.close();
  const { entries, cut } = readHistory(join(folder, "history"));
  const all = await dump(yard.adapter, rows);
  const report = checkHistory(entries, all, { sample: 3, ...limits });
  const innocents = chargedInCompany(all.jobs);
  const untyped = readErrors(join(folder, "errors")).filter(({ error }) => error.startsWith("UNTYPED"));
  const figures: readonly Figure[] = [
    { label: "faults that the database finds in its files", value: problems.length, want: NONE, detail: problems },
    {
      label: "jobs charged for a crash that others shared",
      value: innocents.length,
      want: NONE,
      detail: innocents.slice(0, 5).map(({ queue, id }) => `${queue}/${id}`),
    },
    {
      label: "errors without a code that reached a user",
      value: untyped.length,
      want: NONE,
      detail: untyped.slice(0, 5).map(({ process, doing, error }) => `${process}, ${doing}: ${error}`),
    },
    { label: "history files cut by a kill", value: cut, want: null },
    ...(backend.isLossy ? lossFigures(entries, all.jobs, store.server?.losses() ?? []) : []),
  ];
  return { figures, report };
}
