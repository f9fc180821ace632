/**
 * Why a job is where it is, and until when.
 *
 * Every finding is a fact that the store or a worker told. Where nothing stands in the way this says so,
 * and does not guess.
 */

import type { Capabilities, ExplainFacts } from "../contract/adapter.ts";
import { DEFAULTS } from "../nouns/defaults.ts";
import type { Finding } from "../nouns/finding.ts";
import { type CancelReason, isFinal } from "../nouns/lifecycle.ts";
import type { WorkerInfo } from "../nouns/worker-info.ts";
import { explainWaiting } from "./explain-waiting.ts";
import { attemptText, lastErrorText, roughly } from "./finding-words.ts";

/**
 * Never empty; the first finding is the headline.
 *
 * @param workers - those alive, of all queues
 * @param coworkers - `stock`: others work on the queues, of whom nothing is known here
 */
export function explain(
  facts: ExplainFacts,
  workers: readonly WorkerInfo[],
  coworkers: Capabilities["coworkers"],
): readonly Finding[] {
  const found = explainState(facts, workers);
  return coworkers === "none" || isFinal(facts.job.state) ? found : [...found, COWORKERS];
}

const COWORKERS: Finding = {
  code: "COWORKERS",
  text: "Programs that are not Jobyard's may work on its queue, too: what is told of workers, and of its turn, is of ours only.",
  evidence: { coworkers: "stock" },
};

function explainState(facts: ExplainFacts, workers: readonly WorkerInfo[]): readonly Finding[] {
  switch (facts.job.state) {
    case "completed":
    case "dead":
    case "cancelled":
      return [finished(facts)];
    case "active":
      return running(facts, workers);
    case "stale":
      return [stale(facts)];
    case "blocked":
      return [{ code: "BLOCKED", text: "It waits for other jobs to complete.", evidence: {} }];
    case "waiting":
      return explainWaiting(facts, workers);
  }
}

const refText = (ref: { readonly queue: string; readonly id: string }): string => `${ref.queue}/${ref.id}`;

// ── finals ───────────────────────────────────────────────────────────────────────────────────────

function finished(facts: ExplainFacts): Finding {
  const { job, now, keyHolder } = facts;
  const ago = job.finishedAt === null ? "" : `, ${roughly(now - job.finishedAt)} ago`;
  const evidence = { state: job.state, finishedAt: job.finishedAt, attempt: job.attempt, maxAttempts: job.maxAttempts };
  if (job.state === "completed") return { code: "FINISHED", text: `Completed in ${attemptText(job)}${ago}.`, evidence };
  const holder = keyHolder
    ? ` It cannot be requeued while ${refText(keyHolder)} holds its dedupe key ${job.dedupeKey}.`
    : "";
  const more = { ...evidence, keyHolder: keyHolder && refText(keyHolder) };
  if (job.state === "dead") {
    const error = lastErrorText(job);
    return {
      code: "FINISHED",
      text: `Dead after ${attemptText(job)}${ago}${error && `. Last error: ${error}`}`,
      evidence: { ...more, error: job.errors.at(-1)?.code ?? null },
      fix: `Requeue it when the cause is gone; its payload can be edited.${holder}`,
    };
  }
  return {
    code: "FINISHED",
    text: `${CANCELLED[job.reason ?? "user"]}${ago}.`,
    evidence: { ...more, reason: job.reason, expiresAt: job.expiresAt },
    fix: `Requeue it if it should run after all.${holder}`,
  };
}

const CANCELLED: Readonly<Record<CancelReason, string>> = {
  user: "Cancelled by a person",
  expired: "Cancelled because no worker started it before it expired",
  dependency: "Cancelled because a job that it waited for did not complete",
  replaced: "Cancelled because a newer job with the same dedupe key replaced it",
  duplicate: "Cancelled because another job with the same dedupe key was waiting when this one went back to wait",
  handler: "Cancelled by its own handler",
};

// ── with a worker, or held back from one ─────────────────────────────────────────────────────────

function running({ job, now }: ExplainFacts, workers: readonly WorkerInfo[]): readonly Finding[] {
  const worker = workers.find((info) => info.session === job.worker);
  const evidence = {
    worker: job.worker,
    workerName: worker?.name ?? null,
    host: worker?.host ?? null,
    startedAt: job.startedAt,
    leaseUntil: job.leaseUntil,
    timeoutMs: job.timeoutMs,
  };
  const over = job.leaseUntil !== null && job.leaseUntil <= now;
  const first: Finding = over
    ? leaseOver(job.leaseUntil, now, workers, evidence)
    : {
        code: "RUNNING",
        text: `With worker ${worker?.name ?? job.worker} for ${roughly(now - (job.startedAt ?? now))}, ${attemptText(job)}.`,
        evidence,
      };
  if (!job.cancelRequested) return [first];
  return [
    first,
    {
      code: "CANCEL_REQUESTED",
      text: over
        ? "Its cancellation was requested: it becomes cancelled when it is taken back."
        : "Its cancellation was requested: the worker is told at its next heartbeat, and its handler must heed the signal.",
      evidence: { cancelRequested: true },
    },
  ];
}

function leaseOver(until: number, now: number, workers: readonly WorkerInfo[], evidence: Finding["evidence"]): Finding {
  const since = `Its worker stopped sending heartbeats; the lease ended ${roughly(now - until)} ago`;
  if (workers.length === 0)
    return {
      code: "LEASE_OVER",
      text: `${since}, and no worker is alive to take it back.`,
      evidence: { ...evidence, workers: 0 },
      fix: "Start a worker; any worker takes it back, whatever its queues.",
    };
  const sweepAt = until + DEFAULTS.sweepMs;
  return {
    code: "LEASE_OVER",
    text: `${since}. The next sweep of any worker takes it back.`,
    ...(sweepAt > now && { until: sweepAt }),
    evidence: { ...evidence, workers: workers.length },
  };
}

function stale({ job }: ExplainFacts): Finding {
  // A rescue leaves the job's own time before its claim; a job that was parked had not been claimed since it was due.
  const rescued = job.startedAt !== null && job.runAt <= job.startedAt;
  const error = lastErrorText(job);
  return {
    code: "STALE",
    text: rescued
      ? `Held for a person: its worker vanished in ${attemptText(job)}${error && `. Last error: ${error}`}`
      : "Held for a person: it was waiting when the workers of its queue were restarted.",
    evidence: { attempt: job.attempt, rescues: job.rescues, startedAt: job.startedAt },
    fix: "Requeue it to run it again, or remove it.",
  };
}
