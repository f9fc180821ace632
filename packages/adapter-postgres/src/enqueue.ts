/** Enqueue: jobs of one call are judged one after the other, in the database and in one statement. */

import { type JobRef, type NewJob, type Receipt, type State, sameJson } from "@jobyard/core/adapter";
import { formsOf } from "./enqueue-runs.ts";
import { enqueueForm, enqueueJobs } from "./sql/enqueue.sql.ts";
import type { Call } from "./step.ts";

/** @param bound - `unbounded`: `maxSize` does not apply */
export async function enqueue(
  { db, touched, offered }: Call,
  jobs: readonly NewJob[],
  bound: "bounded" | "unbounded",
): Promise<readonly Receipt[]> {
  if (jobs.length === 0) return [];
  const forms = formsOf(jobs);
  const [form, ...others] = forms;
  const bounded = bound === "bounded";
  const row =
    form !== undefined && others.length === 0
      ? await db.get(enqueueForm, { ...form, bounded })
      : await db.get(enqueueJobs, { runs: JSON.stringify(forms), bounded });
  for (const { queue } of jobs) {
    touched.add(queue);
    offered.add(queue);
  }
  return receiptsOf(jobs, row?.answer);
}

/** @param answer - of one of the enqueueing functions, to these jobs */
export function receiptsOf(jobs: readonly NewJob[], answer = "[]"): readonly Receipt[] {
  const met = new Map((JSON.parse(answer) as readonly Told[]).map((told) => [told.place, told.met]));
  return jobs.map((job, place) => receiptOf(job, met.get(place)));
}

interface Told {
  readonly place: number;
  readonly met: Met;
}

/** As `jobyard.enqueue_one` tells it. */
type Met =
  | { readonly met: "id"; readonly state: State; readonly name: string; readonly payload: string }
  | { readonly met: "key"; readonly state: State; readonly id: string }
  | { readonly met: "bound"; readonly depth: number; readonly max_size: number }
  | { readonly met: "replaced"; readonly id: string };

function receiptOf({ queue, id, name, payload }: NewJob, met: Met | undefined): Receipt {
  const ref: JobRef = { queue, id };
  switch (met?.met) {
    case undefined:
      return { outcome: "accepted", ref, state: "waiting", replaced: null };
    case "replaced":
      return { outcome: "accepted", ref, state: "waiting", replaced: { queue, id: met.id } };
    case "bound":
      return { outcome: "full", ref, depth: met.depth, maxSize: met.max_size };
    case "key":
      return { outcome: "duplicate", ref: { queue, id: met.id }, state: met.state, by: "key" };
    case "id": {
      const isSame = met.name === name && sameJson(met.payload, payload);
      const told = { ref, state: met.state };
      return isSame ? { outcome: "duplicate", ...told, by: "id" } : { outcome: "conflict", ...told };
    }
  }
}
