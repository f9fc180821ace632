/** What the end of an attempt changes of a job as SQL stores keep it. */

import type { Instant } from "../nouns/job.ts";
import type { Decision } from "./adapter.ts";
import { afterEnd, type End } from "./ending.ts";
import type { Holding, StoredChanging, StoredFlag, StoredTexts } from "./stored-job.ts";
import { errorsIn, listText } from "./stored-texts.ts";

/** Without the two flags, which each store keeps in its way: an end takes back `cancel_requested` and `claim_written`. */
export type StoredEnd = Pick<
  StoredChanging<StoredFlag>,
  "state" | "reason" | "attempt" | "rescues" | "held_limit" | "epoch" | "started_at" | "worker"
> &
  Pick<StoredTexts, "errors"> &
  Partial<Pick<StoredChanging<StoredFlag>, "finished_at" | "run_at">>;

/** A claim writes nothing into its job's row, so that the attempt's number, start and worker come to stand there now. */
export function storedEnd(
  job: Pick<StoredChanging<StoredFlag>, "attempt" | "rescues" | "held_limit" | "epoch"> & Pick<StoredTexts, "errors">,
  { session, claimedAt }: Pick<Holding, "session" | "claimedAt">,
  decision: Decision,
  end: End,
  now: Instant,
): StoredEnd {
  const running = job.attempt + 1;
  const { rescues, held_limit: heldLimit, epoch } = job;
  const attempted = { attempt: running, errors: errorsIn(job.errors), rescues, heldLimit, epoch };
  const { errors, heldLimit: held_limit, finishedAt, runAt, ...same } = afterEnd(attempted, decision, end, now);
  return {
    ...same,
    errors: listText(errors),
    held_limit,
    started_at: claimedAt,
    worker: session,
    ...(finishedAt !== undefined && { finished_at: finishedAt }),
    ...(runAt !== undefined && { run_at: runAt }),
  };
}
