/** The jobs that a completed one leads to: checked before the completion, enqueued in its step. */

import type { Lease, NewJob } from "../../../contract/adapter.ts";
import type { FollowUp } from "../../../nouns/definition.ts";
import { isQueueError, QueueError } from "../../../nouns/errors.ts";
import { uuidOf } from "../../../nouns/uuid.ts";
import { jobMaker } from "../../yard/prepare.ts";
import type { Turn } from "../turn.ts";

/** @throws QueueError `RESULT_INVALID` if one could not be enqueued; whatever `followUps` itself throws */
export async function followUpJobs(turn: Turn, result: unknown, maxPayloadBytes: number): Promise<readonly NewJob[]> {
  const { bound, job, leased } = turn;
  if (bound.followUps === null || job === null) return [];
  const asked = bound.followUps({ job, result });
  if (!Array.isArray(asked)) throw new QueueError("RESULT_INVALID", "followUps: not a list of follow-ups");
  const jobs: NewJob[] = [];
  const refs = new Set<string>();
  for (const followUp of asked as readonly FollowUp[]) {
    if (refs.has(followUp.ref))
      throw new QueueError("RESULT_INVALID", `followUps: two follow-ups have the ref ${followUp.ref}`);
    refs.add(followUp.ref);
    jobs.push(await prepare(followUp, leased.lease, maxPayloadBytes));
  }
  return jobs;
}

async function prepare(followUp: FollowUp, lease: Lease, maxPayloadBytes: number): Promise<NewJob> {
  const { definition, payload, ref, options } = followUp;
  try {
    return await jobMaker(
      definition,
      options,
      maxPayloadBytes,
    )(payload, {
      id: followUpId(lease, ref),
      parent: { ...lease.ref, epoch: lease.epoch, ref },
    });
  } catch (error) {
    if (!isQueueError(error)) throw error;
    throw new QueueError("RESULT_INVALID", `followUps: ${ref}: ${error.detail}`, {
      issues: error.issues,
      cause: error,
    });
  }
}

/** The same for every try to complete the same run, so that a crash between cannot double a follow-up. */
const followUpId = ({ ref: { queue, id }, epoch }: Lease, ref: string): string =>
  uuidOf(JSON.stringify([queue, id, epoch, ref]));
