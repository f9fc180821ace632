/** A requeue of a job as SQL stores keep it: what it begins anew, and how it is taken back. */

import type { StoredChanging, StoredFlag, StoredTexts } from "./stored-job.ts";

/** What a requeue sets, whatever its options. */
export const REQUEUED = {
  state: "waiting",
  attempt: 0,
  rescues: 0,
  held_limit: null,
  reason: null,
  finished_at: null,
  expires_at: null,
  result: null,
  progress: null,
} as const;

/** What a revert puts back. */
type PutBack = keyof typeof REQUEUED | "payload";
const PUT_BACK: readonly PutBack[] = [...(Object.keys(REQUEUED) as (keyof typeof REQUEUED)[]), "payload"];
export type BeforeRequeue = Pick<StoredChanging<StoredFlag> & StoredTexts, PutBack>;

interface Undo {
  readonly op: string;
  readonly epoch: number;
  readonly before: BeforeRequeue;
}

/** What stands in the job's `undo`. @param op - the name by which the requeue can be taken back */
export function undoText(op: string, job: BeforeRequeue & { readonly epoch: number }): string {
  const before = Object.fromEntries(PUT_BACK.map((name) => [name, job[name]])) as unknown as BeforeRequeue;
  return JSON.stringify({ op, epoch: job.epoch, before } satisfies Undo);
}

/** Null unless this requeue is the last thing that was done to the job. */
export function undoneBy(
  op: string | undefined,
  job: Pick<StoredTexts, "undo"> & Pick<StoredChanging<StoredFlag>, "epoch" | "last_op">,
): BeforeRequeue | null {
  const undo = job.undo === null ? null : (JSON.parse(job.undo) as Undo);
  return undo !== null && undo.op === op && undo.op === job.last_op && undo.epoch === job.epoch ? undo.before : null;
}
