/** A process that holds hundreds of jobs dies, none of which is to blame: how soon are they all done? */

import { join } from "node:path";
import type { HistoryEntry } from "@jobyard/core/testing";
import { Deaths } from "../crew/deaths.ts";
import { killNow } from "../faults/kill.ts";
import { readHistory } from "../history/read.ts";
import { PLAIN, WORK_QUEUE } from "../plan/jobs.ts";
import { NONE } from "../report/figures.ts";
import { startProducers, startWorkers } from "./cast.ts";
import { drained, stopAll } from "./ending.ts";
import type { Scenario, Stage } from "./scenario.ts";

const LEASE_MS = 3_000;
const SWEEP_MS = 1_000;
/** Sweeps come give or take a fifth. */
const LATEST_SWEEP_MS = 1.2 * SWEEP_MS;
/** What one job takes of the process that gets it in the end. */
const WORK_MS = 250;
const NEVER_MS = 3_600_000;

export const handover: Scenario = {
  name: "handover",
  proves: "all jobs of a killed process are finished within a lease, a sweep and one batch",
  store: "plain",
  limits: ({ held }) => ({
    rescueWithinMs: LEASE_MS + LATEST_SWEEP_MS,
    atLeast: { rescues: held, rescuesGivenBack: held, mostHeldAtADeath: held, "fault.kill": 1 },
  }),
  run: async (stage) => {
    const { sizes, figures, limit } = stage;
    const jobs = sizes.held;
    const deaths = new Deaths(stage.history);
    const options = { leaseMs: LEASE_MS, sweepMs: SWEEP_MS, concurrency: jobs };
    const holder = startWorkers(stage, deaths, { ...options, size: 1, as: "holder", paceMs: NEVER_MS, replace: false });
    const plan = { ...PLAIN, seed: sizes.seed, jobs, workMs: [WORK_MS, WORK_MS] as const };
    const producers = startProducers(stage, deaths, plan, 1);
    producers.release(jobs);
    await limit.until("one process to hold all jobs", () => active(stage, jobs));
    const heirs = startWorkers(stage, deaths, { ...options, size: sizes.workers - 1, as: "heir" });
    await limit.wait("the others to start", Promise.all([heirs.ready(), producers.crew.empty()]));

    const held = (await active(stage, jobs)) ?? 0;
    const killedAt = Date.now();
    await limit.wait("the holder to die", killNow(holder, deaths, 0));
    await drained(stage, jobs);
    await stopAll(stage, heirs);
    const { finishedAt, batchMs, batches, rescuedAt } = handedOver(readHistory(join(stage.folder, "history")).entries);
    figures.push(
      { label: "jobs held when it was killed", value: held, want: { exactly: jobs } },
      {
        label: "processes killed",
        value: deaths.all.length,
        want: { exactly: 1 },
        detail: deaths.all.map(({ proof }) => proof),
      },
      { label: "batches in which they ran again", value: batches, want: { atLeast: 1 } },
      {
        label: "last job claimable again after",
        value: rescuedAt - killedAt,
        want: { atMost: LEASE_MS + LATEST_SWEEP_MS },
        unit: "ms",
      },
      { label: "one batch took", value: batchMs, want: null, unit: "ms" },
      {
        label: "all finished after",
        value: finishedAt - killedAt,
        want: { atMost: LEASE_MS + LATEST_SWEEP_MS + batchMs },
        unit: "ms",
        detail: [`lease ${LEASE_MS} ms, sweep ${SWEEP_MS} ms give or take a fifth, the longest batch ${batchMs} ms`],
      },
      { label: "jobs left open", value: (await active(stage, 0)) === null ? 1 : 0, want: NONE },
    );
  },
};

/** The number itself, once it is that. */
async function active({ yard }: Stage, wanted: number): Promise<number | null> {
  const [info] = await yard.adapter.reader.queues(WORK_QUEUE);
  return info?.counts.active.n === wanted ? wanted : null;
}

interface HandedOver {
  readonly rescuedAt: number;
  readonly finishedAt: number;
  /** From the claim of a batch to the answer to its last settlement, of the slowest. */
  readonly batchMs: number;
  readonly batches: number;
}

function handedOver(entries: readonly HistoryEntry[]): HandedOver {
  const batchOf = new Map<string, number>();
  const ended = new Map<number, number>();
  const calls = new Map<string, Extract<HistoryEntry, { readonly kind: "settle" }>>();
  let rescuedAt = 0;
  let finishedAt = 0;
  for (const entry of entries) {
    if (entry.kind === "claimed" && entry.process.startsWith("heir"))
      for (const { id } of entry.jobs) batchOf.set(id, entry.at);
    if (entry.kind === "settle") calls.set(`${entry.process} ${entry.call}`, entry);
    if (entry.kind !== "settled" || !("answers" in entry)) continue;
    const { settlements = [] } = calls.get(`${entry.process} ${entry.call}`) ?? {};
    for (const [index, { id, move }] of settlements.entries()) {
      if (entry.answers[index]?.outcome !== "ok") continue;
      if (move === "rescue") rescuedAt = Math.max(rescuedAt, entry.at);
      if (move !== "complete") continue;
      finishedAt = Math.max(finishedAt, entry.at);
      const claimedAt = batchOf.get(id) ?? entry.at;
      ended.set(claimedAt, Math.max(ended.get(claimedAt) ?? 0, entry.at));
    }
  }
  const spans = [...ended].map(([from, to]) => to - from);
  return { rescuedAt, finishedAt, batchMs: Math.max(0, ...spans), batches: spans.length };
}
