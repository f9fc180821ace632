/**
 * Operator's moves: each job judged by itself, one audit line for the call, all in one step.
 *
 * Round trips, whatever the number of jobs: the transaction's own, one to lock and read them, one to write all that
 * changed, and the audit line's.
 */

import {
  type ApplyOptions,
  DONE,
  holdsKey,
  isChanged,
  type JobRef,
  type Judgement,
  type MoveResult,
  type OperatorMove,
  objectionTo,
  type State,
  untouched,
} from "@jobyard/core/adapter";
import { audit } from "./audit.ts";
import { Changes } from "./changes.ts";
import { type Claimed, type LockedJob, lock, lockRemoved, stateIn, type Trashed } from "./locks.ts";
import { type Call, EFFECTS, textsFor, writeMove } from "./moves.ts";
import type { Step } from "./step.ts";

export async function apply(
  step: Step,
  newId: () => string,
  move: OperatorMove,
  refs: readonly JobRef[],
  options: ApplyOptions,
): Promise<readonly MoveResult[]> {
  const { now, judged } =
    move === "restore" ? await restoreAll(step, refs, options) : await moveAll(step, move, refs, options);
  const changed = judged.filter(({ wrote }) => wrote).map(({ result }) => result.ref);
  if (changed.length > 0) await audit({ ...step, now }, newId(), move, options, { refs: changed });
  return judged.map(({ result }) => result);
}

interface Applied {
  /** When all of it happened. */
  readonly now: number;
  readonly judged: readonly { readonly result: MoveResult; readonly wrote: boolean }[];
}

async function moveAll(
  step: Step,
  move: Exclude<OperatorMove, "restore">,
  refs: readonly JobRef[],
  options: ApplyOptions,
): Promise<Applied> {
  const locked = await lock(step.db, refs, textsFor(move, options));
  const changes = new Changes(step, locked, (job) => stateIn(locked, job));
  const call: Call = { changes, move, options, claimOf: (job) => claimIn(locked.claims, job) };
  const judged = refs.map((ref) => {
    const { outcome, wrote } = judge(call, move, ref);
    return { result: { ref, outcome, state: changes.find(ref)?.state ?? null }, wrote };
  });
  await changes.write();
  return { now: changes.now, judged };
}

function claimIn(claims: ReadonlyMap<number, Claimed>, { pk, queue, id }: LockedJob): Claimed {
  const claimed = claims.get(pk);
  if (claimed === undefined) throw new Error(`job ${queue}/${id} waits in no line and stands in no lease`);
  return claimed;
}

function judge(call: Call, move: Exclude<OperatorMove, "restore">, ref: JobRef): Judgement {
  const known = call.changes.find(ref);
  if (known === null) return untouched("missing");
  const { job, state } = known;
  return objectionTo(move, { epoch: job.epoch, state }, call.options) ?? EFFECTS[move](call, known);
}

async function restoreAll(step: Step, refs: readonly JobRef[], options: ApplyOptions): Promise<Applied> {
  const locked = await lockRemoved(step.db, refs);
  const changes = new Changes(step, { ...locked, jobs: [] }, ({ state }) => state);
  const call: Call = { changes, move: "restore", options, claimOf: (job) => claimIn(new Map(), job) };
  const removed = new Map(locked.trashed.map((trashed) => [nameOf(trashed.job), trashed]));
  const taken = new Map(locked.taken.map((one): [string, State] => [nameOf(one), one.state]));
  const judged = refs.map((ref) => {
    const name = nameOf(ref);
    const { outcome, wrote } = restore(call, removed.get(name), taken.has(name));
    if (wrote) removed.delete(name);
    return { result: { ref, outcome, state: changes.find(ref)?.state ?? taken.get(name) ?? null }, wrote };
  });
  await changes.write();
  return { now: changes.now, judged };
}

/** @param isTaken - another job has its address by now */
function restore(call: Call, trashed: Trashed | undefined, isTaken: boolean): Judgement {
  if (trashed === undefined) return untouched("missing");
  const { job } = trashed;
  if (isChanged(job, call.options)) return untouched("changed");
  if (isTaken || (holdsKey(job.dedupe_while, job.state) && call.changes.keys.isHeldByAnother(job)))
    return untouched("held");
  writeMove(call, call.changes.restore(trashed), {});
  return DONE;
}

const nameOf = ({ queue, id }: JobRef): string => `${queue}\n${id}`;
