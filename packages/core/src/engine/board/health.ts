/** Gathers what a health check is told, and asks the adapter for what only it can know. */

import type { Adapter, JobLeaser, JobReader, QueueInfo } from "../../contract/adapter.ts";
import { diagnose } from "../../decisions/health/diagnose.ts";
import { type DueType, type HealthFacts, RECENT_MS } from "../../decisions/health/facts.ts";
import { typesServed } from "../../decisions/health/unserved.ts";
import { DEFAULTS } from "../../nouns/defaults.ts";
import { DIAGNOSIS_LEVELS, type Diagnosis } from "../../nouns/diagnosis.ts";
import { isQueueError } from "../../nouns/errors.ts";
import type { Filter } from "../../nouns/filter.ts";
import type { Ports } from "../../nouns/ports.ts";
import type { WorkerInfo } from "../../nouns/worker-info.ts";
import { readWorkers } from "./stored-records.ts";

/** Held leases of lost workers that are looked at; more of them change nothing about the answer. */
const OVERDUE_JOBS = 1_000;
/** Types of a queue's due jobs that are compared with what its workers know. */
const TYPES = 50;

/** What the store says of itself and what holds for every store, problems first. */
export async function examineYard(adapter: Adapter, ports: Ports): Promise<readonly Diagnosis[]> {
  const told = [...diagnose(await gather(adapter, ports)), ...(await adapter.examine())];
  return DIAGNOSIS_LEVELS.flatMap((level) => told.filter((one) => one.level === level));
}

async function gather({ reader, leaser, records }: Adapter, ports: Ports): Promise<HealthFacts> {
  const now = await reader.now();
  const here = ports.now();
  const [queues, workers, overdue, recentlyDead] = await Promise.all([
    reader.queues(),
    readWorkers(records),
    longestOver(leaser, reader).catch(refusal),
    reader.count(
      [
        { not: false, field: "state", any: ["dead"] },
        { not: false, field: "finished", range: { kind: "age", fromMs: null, toMs: RECENT_MS } },
      ],
      DEFAULTS.countCap,
    ),
  ]);
  return { now, here, queues, workers, overdue, recentlyDead, dueTypes: await dueTypesOf(reader, queues, workers) };
}

/** Sessions come longest over first, so the first job of the first one tells since when. */
async function longestOver(leaser: JobLeaser, reader: JobReader): Promise<HealthFacts["overdue"]> {
  const sessions = await leaser.expired(OVERDUE_JOBS);
  const jobs = sessions.reduce((sum, session) => sum + session.jobs.length, 0);
  const first = sessions[0]?.jobs[0]?.lease.ref;
  if (first === undefined) return null;
  const until = (await reader.get([first]))[0]?.leaseUntil ?? null;
  // It may have been rescued since.
  return until === null ? null : { until, jobs };
}

/** A store that is gone fails in the other questions too. */
function refusal(error: unknown): HealthFacts["overdue"] {
  if (!isQueueError(error, "STORE_UNAVAILABLE")) throw error;
  return { refused: error.message };
}

/** Of the queues that a worker serves: in the others no type is known. */
async function dueTypesOf(
  reader: JobReader,
  queues: readonly QueueInfo[],
  workers: readonly WorkerInfo[],
): Promise<HealthFacts["dueTypes"]> {
  const served = new Set(workers.flatMap((worker) => worker.queues.map(({ queue }) => queue)));
  const due = queues.filter(({ queue, oldestDueAt }) => oldestDueAt !== null && served.has(queue));
  const types = due.map(async ({ queue }) => {
    const waiting: Filter = [
      { not: false, field: "queue", any: [{ text: queue, glob: false }] },
      { not: false, field: "state", any: ["waiting"] },
    ];
    const known = typesServed(workers, queue);
    const names = await reader.facets(waiting, "name", TYPES);
    const told = names.map(({ value }) => dueTypeOf(reader, waiting, value, known.get(value)));
    return [queue, await Promise.all(told)] as const;
  });
  return new Map(await Promise.all(types));
}

/** @param version - the newest that a worker knows; not given for a type that none knows */
async function dueTypeOf(
  reader: JobReader,
  waiting: Filter,
  name: string,
  version: number | undefined,
): Promise<DueType> {
  if (version === undefined) return { name, newer: false };
  const newer: Filter = [
    ...waiting,
    { not: false, field: "name", any: [{ text: name, glob: false }] },
    { not: false, field: "version", range: { from: version + 1, to: null } },
  ];
  return { name, newer: (await reader.count(newer, 1)).n > 0 };
}
