/** One batch of rows to the target, and what is to become of each of them. */

import {
  isQueueError,
  isStoreDown,
  type JobRef,
  type JobWriter,
  type NewJob,
  type Receipt,
} from "@jobyard/core/adapter";
import type { OutboxRow, Verdict } from "./table.ts";

export interface Delivered {
  /** One per row. */
  readonly verdicts: readonly Verdict[];
  /** Jobs that the target has now, duplicates among them. */
  readonly relayed: readonly JobRef[];
  readonly duplicates: number;
  readonly refused: readonly (JobRef & { readonly code: string; readonly message: string })[];
  readonly full: readonly { readonly queue: string; readonly maxSize: number }[];
  /** Why rows stay that are of no full queue; `null` if none does. */
  readonly failure: { readonly error: unknown } | null;
}

/**
 * Never fails. What fails together is sent one by one, unless it is the target as a whole that fails: so one job that
 * cannot be taken holds up no other.
 */
export async function deliver(writer: JobWriter, rows: readonly OutboxRow[]): Promise<Delivered> {
  const jobs = rows.map(jobIn);
  const sound = jobs.filter((job) => job !== null);
  const answers = await send(writer, sound);
  let next = 0;
  const outcomes = jobs.map((job) => (job === null ? NOT_OURS : (answers[next++] ?? NOT_SENT)));
  return summed(outcomes);
}

type Outcome =
  | { readonly kind: "answered"; readonly receipt: Receipt }
  | { readonly kind: "refused"; readonly ref: JobRef | null; readonly code: string; readonly message: string }
  | { readonly kind: "failed"; readonly error: unknown }
  /** Those before it failed. */
  | { readonly kind: "unsent" };

const NOT_SENT: Outcome = { kind: "unsent" };
const NOT_OURS: Outcome = {
  kind: "refused",
  ref: null,
  code: "PAYLOAD_INVALID",
  message: "the row was not written by an outbox",
};

function jobIn(row: OutboxRow): NewJob | null {
  try {
    return row.job();
  } catch {
    return null;
  }
}

async function send(writer: JobWriter, jobs: readonly NewJob[]): Promise<readonly Outcome[]> {
  if (jobs.length === 0) return [];
  try {
    const receipts = await writer.enqueue(jobs);
    return receipts.map((receipt) => ({ kind: "answered", receipt }));
  } catch (error) {
    if (isStoreDown(error)) return [{ kind: "failed", error }];
    const [only] = jobs;
    return jobs.length === 1 && only !== undefined ? [alone(only, error)] : oneByOne(writer, jobs);
  }
}

/** What is no error of ours may pass: then the job is not to blame. */
const alone = ({ queue, id }: NewJob, error: unknown): Outcome =>
  isQueueError(error)
    ? { kind: "refused", ref: { queue, id }, code: error.code, message: error.message }
    : { kind: "failed", error };

async function oneByOne(writer: JobWriter, jobs: readonly NewJob[]): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const job of jobs) {
    const [outcome = NOT_SENT] = await send(writer, [job]);
    outcomes.push(outcome);
    if (outcome.kind === "failed" && isStoreDown(outcome.error)) break;
  }
  return outcomes;
}

function summed(outcomes: readonly Outcome[]): Delivered {
  const receipts = outcomes.flatMap((outcome) => (outcome.kind === "answered" ? [outcome.receipt] : []));
  const taken = receipts.filter(({ outcome }) => outcome === "accepted" || outcome === "duplicate");
  const failed = outcomes.find((outcome) => outcome.kind === "failed");
  return {
    verdicts: outcomes.map(verdictOn),
    relayed: taken.map(({ ref }) => ref),
    duplicates: taken.filter(({ outcome }) => outcome === "duplicate").length,
    refused: outcomes.flatMap(refusalIn),
    full: receipts.flatMap((receipt) =>
      receipt.outcome === "full" ? [{ queue: receipt.ref.queue, maxSize: receipt.maxSize }] : [],
    ),
    failure: failed === undefined ? null : { error: failed.error },
  };
}

function verdictOn(outcome: Outcome): Verdict {
  if (outcome.kind === "refused") return { fate: "refused", code: outcome.code, message: outcome.message };
  if (outcome.kind !== "answered") return { fate: "stays" };
  switch (outcome.receipt.outcome) {
    case "accepted":
    case "duplicate":
      return { fate: "gone" };
    case "full":
      return { fate: "stays" };
    case "conflict":
      return { fate: "refused", code: "ID_CONFLICT", message: conflictText(outcome.receipt.ref) };
  }
}

function refusalIn(outcome: Outcome): Delivered["refused"] {
  if (outcome.kind === "refused") {
    const { ref, code, message } = outcome;
    return [{ queue: ref?.queue ?? "", id: ref?.id ?? "", code, message }];
  }
  if (outcome.kind !== "answered" || outcome.receipt.outcome !== "conflict") return [];
  const { ref } = outcome.receipt;
  return [{ ...ref, code: "ID_CONFLICT", message: conflictText(ref) }];
}

const conflictText = ({ queue, id }: JobRef): string => `${queue}/${id} is there already, with another payload`;
