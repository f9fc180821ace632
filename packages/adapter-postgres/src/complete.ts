/**
 * Completions of jobs that hold no dedupe key, enqueue nothing and are settled by the process that claimed them:
 * nearly all there are. Nothing about such a job has to be read first, and all of a call are one statement.
 */

import { type JsonText, type Lease, pkOfLease, type Settlement } from "@jobyard/core/adapter";
import { DIVIDER } from "./enqueue-runs.ts";
import { completeJobs } from "./sql/complete.sql.ts";
import type { Call } from "./step.ts";

export interface Plain {
  readonly pk: number;
  readonly lease: Lease;
  readonly result: JsonText | null;
}

/** Null if the job has to be looked at. */
export function asPlain({ lease, guard, decision, followUps }: Settlement): Plain | null {
  if (decision.move !== "complete" || guard !== "held") return null;
  if (followUps !== undefined && followUps.length > 0) return null;
  const pk = pkOfLease(lease);
  return pk === null ? null : { pk, lease, result: decision.result };
}

/**
 * @param plain - each job once
 * @returns true for each that is completed; nothing was written about the others, which have to be looked at
 */
export async function complete({ db, touched }: Call, plain: readonly Plain[]): Promise<readonly boolean[]> {
  if (plain.length === 0) return [];
  const row = await db.get(completeJobs, { completions: JSON.stringify(completionsOf(plain)) });
  const refused = new Set(JSON.parse(row?.answer ?? "[]") as readonly number[]);
  for (const { lease } of plain) touched.add(lease.ref.queue);
  return plain.map(({ pk }) => !refused.has(pk));
}

/** As `jobyard.completion`. */
interface Completion {
  readonly session: string;
  readonly token: string;
  readonly queue: string;
  readonly pks: string;
  readonly epochs: string;
  readonly results: string | null;
}

/** By lease, in the order in which everybody locks leases. */
function completionsOf(plain: readonly Plain[]): readonly Completion[] {
  const groups = Map.groupBy(plain, ({ lease: { session, token, ref } }) => `${session}:${token}:${ref.queue}`);
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => completionOf(group));
}

function completionOf(group: readonly Plain[]): Completion {
  const { session, token, ref } = (group[0] as Plain).lease;
  const hasResults = group.some(({ result }) => result !== null);
  return {
    session,
    token,
    queue: ref.queue,
    pks: group.map(({ pk }) => pk).join(),
    epochs: group.map(({ lease }) => lease.epoch).join(),
    results: hasResults ? group.map(({ result }) => result ?? "").join(DIVIDER) : null,
  };
}
