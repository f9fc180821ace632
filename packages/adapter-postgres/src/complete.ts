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
 * @returns numbers of those that are not completed: nothing was written about them, and they have to be looked at
 */
export async function complete({ db, touched }: Call, plain: readonly Plain[]): Promise<ReadonlySet<number>> {
  if (plain.length === 0) return NONE;
  const completions = completionsOf(plain);
  const row = await db.get(completeJobs, { completions: JSON.stringify(completions) });
  for (const { queue } of completions) touched.add(queue);
  return row === undefined || row.answer === "[]" ? NONE : new Set(JSON.parse(row.answer) as readonly number[]);
}

const NONE: ReadonlySet<number> = new Set();

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
  const groups = new Map<string, Group>();
  let last: Group | null = null;
  for (const one of plain) {
    // Most completions of a call are of one lease.
    if (last === null || !isOfLease(last.lease, one.lease)) last = groupOf(groups, one.lease);
    last.pks.push(one.pk);
    last.epochs.push(one.lease.epoch);
    last.results.push(one.result ?? "");
    last.hasResults ||= one.result !== null;
  }
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => completionOf(group));
}

interface Group {
  readonly lease: Lease;
  readonly pks: number[];
  readonly epochs: number[];
  /** Empty for none. */
  readonly results: string[];
  hasResults: boolean;
}

const isOfLease = (a: Lease, b: Lease): boolean =>
  a.token === b.token && a.session === b.session && a.ref.queue === b.ref.queue;

function groupOf(groups: Map<string, Group>, lease: Lease): Group {
  const { session, token, ref } = lease;
  const key = `${session}:${token}:${ref.queue}`;
  const known = groups.get(key);
  if (known !== undefined) return known;
  const group: Group = { lease, pks: [], epochs: [], results: [], hasResults: false };
  groups.set(key, group);
  return group;
}

const completionOf = ({ lease: { session, token, ref }, pks, epochs, results, hasResults }: Group): Completion => ({
  session,
  token,
  queue: ref.queue,
  pks: pks.join(),
  epochs: epochs.join(),
  results: hasResults ? results.join(DIVIDER) : null,
});
