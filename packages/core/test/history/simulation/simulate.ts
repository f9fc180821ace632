/** One simulated run, from its plan to the dump: a valid history. */

import fc from "fast-check";
import type { Dump, DumpedJob, HistoryEntry } from "../../../src/testing/history/entry.ts";
import { pass, resume, STEPS } from "./steps.ts";
import { claim, run } from "./working.ts";
import { LEASE_MS, LEDGER, openWorld, QUEUES, SWEEP_MS, type World } from "./world.ts";

export interface PlannedStep {
  readonly step: string;
  readonly a: number;
  readonly b: number;
}

export interface History {
  readonly entries: readonly HistoryEntry[];
  readonly dump: Dump & { readonly jobs: readonly DumpedJob[] };
}

/** What every such run keeps to. */
export const RESCUE_WITHIN_MS: number = LEASE_MS + SWEEP_MS;

export const plans: fc.Arbitrary<readonly PlannedStep[]> = fc.array(
  fc.record({
    step: fc.oneof(...Object.entries(STEPS).map(([name, { weight }]) => ({ weight, arbitrary: fc.constant(name) }))),
    a: fc.nat({ max: 10_000 }),
    b: fc.nat({ max: 10_000 }),
  }),
  { minLength: 1, maxLength: 400, size: "max" },
);

export async function simulate(plan: readonly PlannedStep[]): Promise<History> {
  const world = openWorld();
  for (const { step, a, b } of plan) await STEPS[step]?.act(world, a, b);
  await drain(world);
  return { entries: world.recorder.entries, dump: await dumpOf(world) };
}

const MOST_ROUNDS = 2_000;

/** Everybody works until nothing is open. Nobody is killed any more but by a pill. */
async function drain(world: World): Promise<void> {
  for (const worker of world.workers) worker.stopped = false;
  for (const queue of QUEUES) await resume(world, queue);
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const queues = await world.adapter.reader.queues();
    if (queues.every(({ depth }) => depth === 0)) return;
    for (const worker of [...world.workers]) {
      // A pill has put another in its place.
      while (worker.held.length > 0 && world.workers.includes(worker)) await run(world, worker, 1);
      if (world.workers.includes(worker)) await claim(world, worker, 8, true);
    }
    await pass(world, SWEEP_MS);
  }
  throw new Error(`still open after ${MOST_ROUNDS} rounds`);
}

async function dumpOf({ adapter: { reader }, refs, ledger }: World): Promise<History["dump"]> {
  const jobs: DumpedJob[] = [];
  for (const job of await reader.get([...refs.values()]))
    if (job !== null) jobs.push({ ...job, events: (await reader.events(job, 0, 10_000)) ?? [] });
  const queues = (await reader.queues()).map(({ queue, depth }) => ({ queue, depth }));
  return { jobs, queues, effectRows: { queues: [LEDGER], rows: ledger } };
}
