/** What stands between a waiting job and a worker. */

import type { ExplainFacts } from "../contract/adapter.ts";
import type { Finding } from "../nouns/finding.ts";
import { phaseOf } from "../nouns/lifecycle.ts";
import type { WorkerInfo } from "../nouns/worker-info.ts";
import { attemptText, lastErrorText, roughly } from "./finding-words.ts";

/** Every reason that holds, in the order of `FINDING_CODES`; `NEXT` if none does. */
export function explainWaiting(facts: ExplainFacts, workers: readonly WorkerInfo[]): readonly Finding[] {
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
