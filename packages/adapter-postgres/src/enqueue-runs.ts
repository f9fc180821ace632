/**
 * Jobs in a row that differ in id and payload only, which is what bulk enqueues and busy producers send: they travel
 * as one form with a list of ids and a list of payloads, and the database inserts them together.
 */

import { backoffText, isAlike, jsonText, listText, type NewJob } from "@jobyard/core/adapter";
import type { OrderForm } from "./sql/enqueue.sql.ts";

/** Stands in no id, and in no JSON text. */
export const DIVIDER = "\u001e";

/** All jobs in their order; those with a key, and those whose id came before in this call, each by itself. */
export function formsOf(jobs: readonly NewJob[]): readonly OrderForm[] {
  const forms: OrderForm[] = [];
  const seen = new Set<string>();
  let start = 0;
  for (const [index, job] of jobs.entries()) {
    const address = `${job.queue}:${job.id}`;
    const isRepeated = seen.has(address);
    seen.add(address);
    const first = jobs[start] as NewJob;
    if (index > start && (isRepeated || job.dedupe !== null || !isAlike(first, job))) {
      forms.push(formOf(jobs.slice(start, index)));
      start = index;
    }
  }
  if (start < jobs.length) forms.push(formOf(jobs.slice(start)));
  return forms;
}

function formOf(run: readonly NewJob[]): OrderForm {
  const job = run[0] as NewJob;
  return {
    queue: job.queue,
    name: job.name,
    version: job.version,
    priority: job.priority,
    max_attempts: job.maxAttempts,
    backoff: backoffText(job.backoff),
    timeout_ms: job.timeoutMs,
    delay_ms: "delayMs" in job.start ? job.start.delayMs : null,
    at: "at" in job.start ? job.start.at : null,
    expires_ms: job.expiresInMs,
    tags: listText(job.tags),
    grp: job.group,
    on_lease_lost: job.onLeaseLost,
    parent: jsonText(job.parent),
    ...keyColumns(job),
    ids: run.map(({ id }) => id).join(DIVIDER),
    payloads: run.map(({ payload }) => payload).join(DIVIDER),
  };
}

type KeyColumns = Pick<OrderForm, "dedupe_key" | "dedupe_while" | "dedupe_for_ms" | "on_conflict">;

const NO_KEY: KeyColumns = { dedupe_key: null, dedupe_while: null, dedupe_for_ms: null, on_conflict: null };

function keyColumns({ dedupe }: NewJob): KeyColumns {
  if (dedupe === null) return NO_KEY;
  const { key, onConflict } = dedupe;
  const [held, forMs] = typeof dedupe.while === "object" ? ["for", dedupe.while.forMs] : [dedupe.while, null];
  return { dedupe_key: key, dedupe_while: held, dedupe_for_ms: forMs, on_conflict: onConflict };
}
