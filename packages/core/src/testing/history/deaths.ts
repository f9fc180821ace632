/** What became of the jobs that a worker held when its process died. */

import type { FaultEntry, FaultName, Stamp } from "./entry.ts";
import { type Facts, isSound, type JobFacts } from "./facts.ts";
import type { Turn } from "./story.ts";

export interface Death {
  readonly session: string;
  readonly at: number;
  /** The rescues of the jobs it held. One that is still missing is a job that is stuck. */
  readonly rescues: Rescue[];
}

export interface Rescue {
  readonly job: JobFacts;
  /** From the death to the rescue, less the time in which a fault kept everybody from writing. */
  readonly afterMs: number;
  /** From the death to the job's end, less the same; `null` if it did not end by a worker's hand. */
  readonly finishedAfterMs: number | null;
}

/** In the order of the history. */
export function deathsOf(facts: Facts): readonly Death[] {
  const deaths = new Map<string, Death>();
  for (const { session, at } of facts.deaths) deaths.set(session, { session, at, rescues: [] });
  const outages = facts.faults.filter(({ fault, target }) => target === null && OUTAGES.has(fault));
  for (const job of facts.jobs.values())
    if (isSound(job)) for (const turn of job.stored.story.turns) note(deaths, job, turn, outages);
  return [...deaths.values()];
}

type Outage = Stamp & FaultEntry;

/** What keeps everybody from writing. */
const OUTAGES: ReadonlySet<FaultName> = new Set(["lock", "disk-full", "outage", "black-hole"]);

function note(deaths: ReadonlyMap<string, Death>, job: JobFacts, turn: Turn, outages: readonly Outage[]): void {
  const death = deaths.get(turn.session);
  const { end } = turn;
  if (death === undefined || end === null || end.at < death.at || !(end.move === "rescue" || end.move === "yield"))
    return;
  const since = (at: number): number => at - death.at - outageMs(outages, death.at, at);
  const finish = job.stored?.story.turns.at(-1)?.end ?? null;
  const finishedAfterMs = finish === null || finish.state === "waiting" ? null : since(finish.at);
  death.rescues.push({ job, afterMs: since(end.at), finishedAfterMs });
}

/** How much of the time between two instants lay within an outage. Outages do not overlap: one harness makes them. */
function outageMs(outages: readonly Outage[], from: number, to: number): number {
  let sum = 0;
  for (const { at, forMs } of outages) sum += Math.max(0, Math.min(to, at) - Math.max(from, at - (forMs ?? 0)));
  return sum;
}
