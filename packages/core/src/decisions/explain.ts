/**
 * Why a job is where it is, and until when.
 *
 * Every finding is a fact that the store or a worker told. Where nothing stands in the way this says so,
 * and does not guess.
 */

import type { ExplainFacts } from "../contract/adapter.ts";
import { DEFAULTS } from "../nouns/defaults.ts";
import type { Finding } from "../nouns/finding.ts";
import type { Job } from "../nouns/job.ts";
import { type CancelReason, phaseOf } from "../nouns/lifecycle.ts";
import type { WorkerInfo } from "../nouns/worker-info.ts";

/** @param workers - those alive, of all queues. Never empty: the first finding is the headline */
export function explain(facts: ExplainFacts, workers: readonly WorkerInfo[]): readonly Finding[] {
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
      return waiting(facts, workers);
  }
}

const refText = (ref: { readonly queue: string; readonly id: string }): string => `${ref.queue}/${ref.id}`;
const attemptText = ({ attempt, maxAttempts }: Job): string => `attempt ${attempt} of ${maxAttempts}`;

function lastErrorText(job: Job): string {
  const last = job.errors.at(-1);
  return last ? `${last.code}: ${last.message}` : "";
}

/** Roughly, in the two largest units: `41 min`, `2 h 5 min`. */
function roughly(ms: number): string {
  const units = [
    { ms: 86_400_000, word: "d" },
    { ms: 3_600_000, word: "h" },
    { ms: 60_000, word: "min" },
    { ms: 1_000, word: "s" },
  ];
  const at = units.findIndex((unit) => ms >= unit.ms);
  const [large, small] = at < 0 ? [] : [units[at], units[at + 1]];
  if (!large) return "under 1 s";
  const rest = small ? Math.floor((ms % large.ms) / small.ms) : 0;
  return `${Math.floor(ms / large.ms)} ${large.word}${small && rest > 0 ? ` ${rest} ${small.word}` : ""}`;
}

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

// ── waiting ──────────────────────────────────────────────────────────────────────────────────────

function waiting(facts: ExplainFacts, workers: readonly WorkerInfo[]): readonly Finding[] {
  const serving = workers.flatMap((worker) => worker.queues.filter(({ queue }) => queue === facts.job.queue));
  const able = serving.filter(({ types }) =>
    types.some(({ name, maxVersion }) => name === facts.job.name && maxVersion >= facts.job.version),
  );
  const reasons = [
    paused(facts),
    ahead(facts),
    serving.length === 0 ? noWorker(facts, workers) : able.length === 0 ? noHandler(facts, serving) : null,
    held(facts),
    ...(facts.job.runAt <= facts.now ? [slotsBusy(able), behind(facts)] : []),
  ].filter((finding) => finding !== null);
  return reasons.length > 0 ? reasons : [NEXT];
}

const NEXT: Finding = {
  code: "NEXT",
  text: "Next in line: nothing stands in its way.",
  evidence: {},
  fix: "If this lasts more than 10 s, look at the workers' logs.",
};

function paused({ queue, now }: ExplainFacts): Finding | null {
  if (queue.paused === null) return null;
  const { at, by, reason } = queue.paused;
  return {
    code: "PAUSED",
    text: `Queue ${queue.queue} was paused by ${by} ${roughly(now - at)} ago${reason === null ? "." : `: ${reason}`}`,
    evidence: { queue: queue.queue, at, by, reason },
    fix: `Resume queue ${queue.queue}.`,
  };
}

/** Its time is ahead. */
function ahead({ job, now }: ExplainFacts): Finding | null {
  const phase = phaseOf(job, now);
  if (phase === "waiting") return null;
  const evidence = { runAt: job.runAt, attempt: job.attempt, maxAttempts: job.maxAttempts };
  const inTime = `in ${roughly(job.runAt - now)}`;
  const error = lastErrorText(job);
  return {
    code: phase === "retrying" ? "RETRYING" : "SCHEDULED",
    text:
      phase === "retrying"
        ? `Waits for its next attempt, due ${inTime}, after ${attemptText(job)}${error && `. Last error: ${error}`}`
        : `Scheduled: due ${inTime}.`,
    until: job.runAt,
    evidence: phase === "retrying" ? { ...evidence, error: job.errors.at(-1)?.code ?? null } : evidence,
    fix: "Promote it to run it now.",
  };
}

const noWorker = ({ job }: ExplainFacts, workers: readonly WorkerInfo[]): Finding => ({
  code: "NO_WORKER",
  text: `No worker serves queue ${job.queue}.`,
  evidence: { queue: job.queue, workersOfOtherQueues: workers.length },
  fix: `Start a worker for queue ${job.queue}.`,
});

type Serving = WorkerInfo["queues"];

function noHandler({ job }: ExplainFacts, serving: Serving): Finding {
  const versions = serving.flatMap(({ types }) =>
    types.filter(({ name }) => name === job.name).map(({ maxVersion }) => maxVersion),
  );
  const newest = versions.length === 0 ? null : Math.max(...versions);
  return {
    code: "NO_HANDLER",
    text:
      newest === null
        ? `No worker of queue ${job.queue} has a handler for ${job.name}.`
        : `No worker of queue ${job.queue} knows version ${job.version} of ${job.name}; the newest known is ${newest}.`,
    evidence: { name: job.name, version: job.version, newestKnown: newest, workers: serving.length },
    fix: newest === null ? `Start a worker that has a handler for ${job.name}.` : "Deploy the newer workers.",
  };
}

function held({ job }: ExplainFacts): Finding | null {
  if (job.heldLimit === null) return null;
  return {
    code: "HELD",
    text: `It was there when a worker crashed, so it runs only in an exclusive batch of at most ${job.heldLimit}, once a worker holds nothing else.`,
    evidence: { heldLimit: job.heldLimit, rescues: job.rescues },
  };
}

function slotsBusy(able: Serving): Finding | null {
  const slots = able.reduce((sum, { concurrency }) => sum + concurrency, 0);
  const busy = able.reduce((sum, { running: count }) => sum + count, 0);
  if (able.length === 0 || able.some(({ running: count, concurrency }) => count < concurrency)) return null;
  return {
    code: "SLOTS_BUSY",
    text: `All ${slots} slots of the workers that can run it are busy.`,
    evidence: { slots, busy, workers: able.length },
    fix: "Start another worker, or raise the queue's concurrency.",
  };
}

function behind({ ahead: first, job }: ExplainFacts): Finding | null {
  if (first.n === 0) return null;
  const number = `${first.n.toLocaleString("en-US")}${first.exact ? "" : "+"}`;
  return {
    code: "AHEAD",
    text: `${number} ${first.n === 1 && first.exact ? "job of its queue comes" : "jobs of its queue come"} before it.`,
    evidence: { ahead: first.n, exact: first.exact, priority: job.priority },
  };
}
