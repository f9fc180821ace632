/** Folds a history into facts: what each kind of entry adds. Nothing is judged here. */

import { isFinal } from "../../nouns/lifecycle.ts";
import { type EnqueueCall, type MoveCall, type Occurrence, occurrences, type SettleCall } from "./calls.ts";
import type {
  AppendedEntry,
  AskedJob,
  AskedSettlement,
  ClaimedEntry,
  DepthEntry,
  EnqueueAnswer,
  FaultEntry,
  HeartbeatEntry,
  HistoryEntry,
  MoveAnswer,
  PausedEntry,
  ResumeEntry,
  SettleAnswer,
  Stamp,
} from "./entry.ts";
import { count, type Facts, jobFacts, queueFacts } from "./facts.ts";

/** @throws QueueError `BAD_OPTION` if an answer does not fit its question */
export function gather(facts: Facts, entries: Iterable<HistoryEntry>): void {
  for (const occurrence of occurrences(counted(facts, entries))) take(facts, occurrence);
}

function* counted(facts: Facts, entries: Iterable<HistoryEntry>): Iterable<HistoryEntry> {
  for (const entry of entries) {
    facts.entries += 1;
    yield entry;
  }
}

function take(facts: Facts, it: Occurrence): void {
  switch (it.kind) {
    case "enqueue":
      enqueued(facts, it);
      break;
    case "claimed":
      claimed(facts, it);
      break;
    case "started":
      jobFacts(facts, it).starts.push(it.epoch);
      count(facts, "starts");
      break;
    case "effect":
      jobFacts(facts, it).effects.push(it.epoch);
      count(facts, "effects");
      break;
    case "settle":
      settled(facts, it);
      break;
    case "heartbeat":
      heartbeat(facts, it);
      break;
    case "appended":
      appended(facts, it);
      break;
    case "move":
      moved(facts, it);
      break;
    case "paused":
    case "resume":
      paused(facts, it);
      break;
    case "depth":
      sampled(facts, it);
      break;
    case "read":
      jobFacts(facts, it).reads.push(it);
      count(facts, "reads");
      break;
    case "point":
      count(facts, `point.${it.point}`);
      break;
    case "fault":
      fault(facts, it);
      break;
    case "died":
      facts.deaths.push(it);
      count(facts, "deaths");
      break;
  }
}

function enqueued(facts: Facts, call: EnqueueCall): void {
  failed(facts, call);
  for (const [asked, answer] of call.pairs) askedFor(facts, asked, answer);
}

function askedFor(facts: Facts, asked: AskedJob, answer: EnqueueAnswer | null): void {
  const job = jobFacts(facts, asked);
  const word = answer ?? "unknown";
  job.answers[word] = (job.answers[word] ?? 0) + 1;
  job.role = asked.role ?? job.role;
  if (answer === "accepted") job.dedupe = asked.dedupe;
  count(facts, `enqueue.${word}`);
}

function claimed(facts: Facts, { process, token, jobs }: Stamp & ClaimedEntry): void {
  for (const one of jobs) jobFacts(facts, one).claims.push({ process, epoch: one.epoch, token });
  count(facts, "claims");
  count(facts, "claimedJobs", jobs.length);
  const held = jobs.filter(({ heldLimit }) => heldLimit !== null);
  if (held[0] === undefined) return;
  facts.heldClaims.push({
    ref: { queue: held[0].queue, id: held[0].id },
    process,
    jobs: jobs.length,
    smallestLimit: Math.min(...held.map(({ heldLimit }) => heldLimit ?? Number.POSITIVE_INFINITY)),
    queues: new Set(jobs.map(({ queue }) => queue)).size,
    strangers: jobs.length - held.length,
  });
}

function settled(facts: Facts, call: SettleCall): void {
  failed(facts, call);
  for (const [asked, answer] of call.pairs) settledOne(facts, asked, answer);
}

function settledOne(facts: Facts, asked: AskedSettlement, answer: SettleAnswer | null): void {
  if (answer === null) count(facts, "settle.unknown");
  else if (answer.outcome === "ok") {
    const { epoch, token, move } = asked;
    jobFacts(facts, asked).accepted.push({ epoch, token, move, state: answer.state });
    count(facts, isFinal(answer.state) ? "settle.final" : "settle.back");
  } else count(facts, refusal(asked.guard, answer.outcome));
  if (answer === null || answer.outcome === "ok") followUps(facts, asked);
}

/** A rescuer that comes too late, or too early, is turned away every day; a worker only if its lease is gone. */
function refusal(guard: AskedSettlement["guard"], outcome: "lost" | "missing" | "live"): string {
  if (guard === "held") return "staleWritesRefused";
  return outcome === "live" ? "rescuesTooEarly" : "rescuesTooLate";
}

/** Whether a follow-up came in is not told with the completion: it may be a duplicate. */
function followUps(facts: Facts, { followUps = [] }: AskedSettlement): void {
  for (const asked of followUps) {
    askedFor(facts, asked, null);
    queueFacts(facts, asked.queue).bypasses += 1;
  }
}

function heartbeat(facts: Facts, { leases }: HeartbeatEntry): void {
  count(facts, "heartbeats");
  for (const { standing } of leases) if (standing !== "held") count(facts, `heartbeat.${standing}`);
}

function appended(facts: Facts, { lines }: AppendedEntry): void {
  for (const line of lines) {
    if (line.written) jobFacts(facts, line).notes.push(line.epoch);
    count(facts, line.written ? "notes" : "staleWritesRefused");
  }
}

function moved(facts: Facts, call: MoveCall): void {
  failed(facts, call);
  const { move } = call;
  for (const [ref, answer] of call.pairs) {
    count(facts, `move.${move}.${answer ?? "unknown"}`);
    if (!mayHaveMoved(answer)) continue;
    if (move === "remove" || move === "requeue") jobFacts(facts, ref).moved[move] += 1;
    if (move === "requeue" || move === "restore") queueFacts(facts, ref.queue).bypasses += 1;
  }
}

const mayHaveMoved = (answer: MoveAnswer | null): boolean => answer === null || answer === "done";

function paused(facts: Facts, { kind, queue, now }: PausedEntry | ResumeEntry): void {
  const { pauses } = queueFacts(facts, queue);
  const last = pauses.at(-1);
  const isPaused = last !== undefined && last.to === null;
  if (kind === "paused" && !isPaused) pauses.push({ from: now, to: null });
  if (kind === "resume" && isPaused) last.to = now;
  count(facts, kind === "paused" ? "pauses" : "resumes");
}

function sampled(facts: Facts, sample: DepthEntry): void {
  const queue = queueFacts(facts, sample.queue);
  queue.samples += 1;
  const { depth, open, maxSize } = sample;
  if ((open !== null && open !== depth) || (maxSize !== null && depth > maxSize)) queue.odd.push(sample);
  count(facts, "depthSamples");
}

/** A fault without proof is none: it is counted apart. */
function fault(facts: Facts, it: Stamp & FaultEntry): void {
  if (it.proof !== "") facts.faults.push(it);
  count(facts, it.proof === "" ? "unprovenFaults" : `fault.${it.fault}`);
}

function failed(facts: Facts, { outcome }: EnqueueCall | SettleCall | MoveCall): void {
  if (outcome === "unanswered") count(facts, "unanswered");
  else if (outcome !== "answered") count(facts, `error.${outcome.error}`);
}
