/**
 * Gives back what vanished sessions held. Core decides, the store commits with the old lease under the guard that it
 * is over; of two rescuers at once one wins. Needs no handler code, so every worker rescues for all queues.
 */

import type { ExpiredSession, Settlement } from "../../../contract/adapter.ts";
import { decideRescue } from "../../../decisions/decide.ts";
import type { JobRef } from "../../../nouns/job.ts";
import { isStoreDown } from "../../yard/store-errors.ts";
import type { Shift } from "../shift.ts";
import { restartedSessions } from "./restart-record.ts";

const PAGE = 500;

/** One sweep: until nothing is left, or nothing could be done about what is left. */
export async function rescue(shift: Shift): Promise<void> {
  for (;;) {
    // Our own session is late, not gone: its next heartbeat tells which of its jobs are still its own.
    const sessions = (await shift.adapter.leaser.expired(PAGE)).filter(({ session }) => session !== shift.session);
    let rescued = 0;
    for (const session of sessions) rescued += await rescueOrReport(shift, session);
    if (rescued === 0 || sessions.reduce((sum, { jobs }) => sum + jobs.length, 0) < PAGE) return;
  }
}

/** What the store cannot take of one session must not keep it from the next. */
async function rescueOrReport(shift: Shift, expired: ExpiredSession): Promise<number> {
  try {
    return await rescueSession(shift, expired);
  } catch (error) {
    if (isStoreDown(error)) throw error;
    shift.report(error, "rescue");
    return 0;
  }
}

async function rescueSession(shift: Shift, expired: ExpiredSession): Promise<number> {
  const { adapter, counts, hooks, ports } = shift;
  const restarted = await restartedSessions(adapter, expired);
  const settlements = expired.jobs.map(({ lease, facts }): Settlement => {
    const lost = {
      alone: expired.alone,
      unsettled: expired.jobs.length,
      restarted: restarted.has(lease.ref.queue),
    };
    return { lease, guard: "expired", decision: decideRescue(facts, lost, ports.random()) };
  });
  const answers = await adapter.leaser.settle(settlements);
  const rescued = expired.jobs.filter((_, index) => answers[index]?.ok === true);
  counts.rescued += rescued.length;
  const { onRescue } = hooks.hooks;
  if (onRescue !== undefined && rescued.length > 0)
    hooks.call("onRescue", () => onRescue({ session: expired.session, jobs: rescued.map(({ lease }) => lease.ref) }));
  const dead = expired.jobs.filter((_, index) => {
    const answer = answers[index];
    return answer?.ok === true && answer.state === "dead";
  });
  if (dead.length > 0)
    await tellDead(
      shift,
      dead.map(({ lease }) => lease.ref),
    );
  return rescued.length;
}

async function tellDead({ adapter, hooks }: Shift, refs: readonly JobRef[]): Promise<void> {
  const { onDead } = hooks.hooks;
  if (onDead === undefined) return;
  for (const job of await adapter.reader.get(refs)) {
    const error = job?.errors.at(-1);
    if (job === null || error === undefined) continue;
    const { queue, id, name, attempt, maxAttempts } = job;
    hooks.call("onDead", () => onDead({ queue, id, name, attempt, maxAttempts }, { error }));
  }
}
