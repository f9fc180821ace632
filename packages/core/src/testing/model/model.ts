/**
 * The semantics of a store with no storage tricks: one list of jobs, searched from end to end.
 *
 * It answers every verb as `docs/writing-an-adapter.md` says, and is read beside that page. Random command
 * sequences are played on it and on a real adapter; whatever differs is a bug in one of them.
 */

import type {
  ApplyOptions,
  Claim,
  ClaimRequest,
  Decision,
  ExpiredSession,
  Extended,
  FencedEntry,
  Lease,
  LeasedJob,
  MoveResult,
  NewJob,
  PurgeRule,
  Receipt,
  Settled,
  Settlement,
} from "../../contract/adapter.ts";
import { auditLine, claimData, endingData, failureOf, keepErrors, operatorData } from "../../contract/entries.ts";
import { DEFAULTS } from "../../nouns/defaults.ts";
import type { Dedupe, Instant, Job, JobEvent, JobRef, JsonText } from "../../nouns/job.ts";
import { sameJson } from "../../nouns/json.ts";
import {
  type CancelReason,
  DEPTH_STATES,
  isFinal,
  mayMove,
  type OperatorMove,
  type State,
} from "../../nouns/lifecycle.ts";

/** A job with what only the store knows of it. */
export interface Entry {
  job: Job;
  readonly dedupe: Dedupe | null;
  /** Place in the order of enqueueing. */
  readonly born: number;
  /** Place in the order of claims; null until a claim finds the job due. */
  order: number | null;
  token: string;
  /** It never waited for its time, nor came back: such jobs are claimed in order on every backend. */
  plain: boolean;
  readonly events: JobEvent[];
  undo: { readonly op: string; readonly epoch: number; readonly before: Partial<Job> } | null;
}

export interface ModelQueue {
  paused: { readonly at: Instant; readonly by: string; readonly reason: string | null } | null;
  maxSize: number | null;
}

/** Which of the jobs that may be claimed are, and in which order; `candidates` are in the order of the guide. */
export type Turn = (candidates: readonly Entry[], room: number) => readonly Entry[];

const OPEN: readonly State[] = ["waiting", "blocked", "active", "stale"];

export class Model {
  now: Instant;
  jobs: Entry[] = [];
  readonly trash: Map<string, { readonly entry: Entry; readonly at: Instant }> = new Map();
  readonly queues: Map<string, ModelQueue> = new Map();
  readonly sessions: Map<string, { deadline: Instant; alone: boolean }> = new Map();
  /** `{forMs}` keys, which outlive their jobs. */
  readonly timed: Map<string, { readonly entry: Entry; until: Instant }> = new Map();
  readonly audit: JsonText[] = [];
  #numbers = 0;

  constructor(now: Instant) {
    this.now = now;
  }

  // ── looking ──

  find(ref: JobRef): Entry | undefined {
    return this.jobs.find(({ job }) => isSame(job, ref));
  }
  queue(name: string): ModelQueue {
    const queue = this.queues.get(name) ?? { paused: null, maxSize: null };
    this.queues.set(name, queue);
    return queue;
  }
  depth = (queue: string): number =>
    this.jobs.filter(({ job }) => job.queue === queue && DEPTH_STATES.includes(job.state)).length;
  heldBy = (session: string): readonly Entry[] =>
    this.jobs.filter(({ job }) => job.state === "active" && job.worker === session);
  isOverdue = ({ job }: Entry): boolean =>
    job.state === "waiting" && job.expiresAt !== null && job.expiresAt <= this.now;
  own(lease: Lease): Entry | undefined {
    const entry = this.find(lease.ref);
    const isOwn = entry?.job.state === "active" && entry.job.epoch === lease.epoch && entry.token === lease.token;
    return isOwn ? entry : undefined;
  }
  leaseOf = ({ job, token }: Entry): Lease => ({
    ref: refOf(job),
    epoch: job.epoch,
    token,
    session: job.worker ?? "",
  });
  /** The job as readers see it. */
  read = ({ job }: Entry): Job => ({
    ...job,
    leaseUntil: job.state === "active" ? (this.sessions.get(job.worker ?? "")?.deadline ?? null) : null,
  });

  #holder(queue: string, key: string): Entry | undefined {
    const timed = this.timed.get(`${queue}:${key}`);
    if (timed && timed.until > this.now) return timed.entry;
    return this.jobs.find(
      ({ job, dedupe }) => job.queue === queue && dedupe?.key === key && wouldHold(dedupe, job.state),
    );
  }
  /** True if another job holds the key of this one. */
  #isTaken(entry: Entry): boolean {
    const holder = entry.dedupe ? this.#holder(entry.job.queue, entry.dedupe.key) : undefined;
    return holder !== undefined && holder !== entry;
  }

  // ── writing ──

  #write(entry: Entry, kind: string, data: JsonText | null, set: Partial<Job>): void {
    const seq = entry.job.seq + 1;
    entry.job = { ...entry.job, ...set, seq };
    entry.events.push({ seq, at: this.now, kind, data });
  }
  #place(entry: Entry): void {
    entry.plain = false;
    entry.order = entry.job.runAt <= this.now ? ++this.#numbers : null;
  }
  #cancel(entry: Entry, kind: "expire" | "replace", reason: CancelReason): void {
    this.#write(entry, kind, null, { state: "cancelled", reason, finishedAt: this.now });
  }
  #forgetIdle(session: string | null): void {
    if (session !== null && this.heldBy(session).length === 0) this.sessions.delete(session);
  }

  // ── producing ──

  enqueue = (jobs: readonly NewJob[], bounded = true): readonly Receipt[] =>
    jobs.map((asked) => this.#enqueueOne(asked, bounded));

  #enqueueOne(asked: NewJob, bounded: boolean): Receipt {
    const ref = refOf(asked);
    const namesake = this.find(ref)?.job;
    if (namesake) {
      const same = namesake.name === asked.name && sameJson(namesake.payload, asked.payload);
      return same
        ? { outcome: "duplicate", ref, state: namesake.state, by: "id" }
        : { outcome: "conflict", ref, state: namesake.state };
    }
    const start = "delayMs" in asked.start ? this.now + asked.start.delayMs : Math.max(this.now, asked.start.at);
    const holder = asked.dedupe ? this.#holder(asked.queue, asked.dedupe.key) : undefined;
    const waits = holder !== undefined && this.jobs.includes(holder) && holder.job.state === "waiting";
    const replaced = waits && asked.dedupe?.onConflict === "replace" ? holder : null;
    if (holder && !replaced) {
      if (asked.dedupe?.onConflict === "extend") this.#extend(holder, waits, start);
      return { outcome: "duplicate", ref: refOf(holder.job), state: holder.job.state, by: "key" };
    }
    const { maxSize } = this.queue(asked.queue);
    const depth = this.depth(asked.queue);
    if (bounded && maxSize !== null && depth - (replaced ? 1 : 0) >= maxSize)
      return { outcome: "full", ref, depth, maxSize };
    if (replaced) {
      this.#cancel(replaced, "replace", "replaced");
      this.timed.delete(`${asked.queue}:${asked.dedupe?.key}`);
    }
    const { start: _start, expiresInMs, dedupe, ...fields } = asked;
    const job: Job = {
      ...fields,
      ...BLANK,
      runAt: start,
      createdAt: this.now,
      expiresAt: expiresInMs === null ? null : this.now + expiresInMs,
      dedupeKey: dedupe?.key ?? null,
    };
    const entry: Entry = {
      job,
      dedupe,
      born: ++this.#numbers,
      order: null,
      token: "",
      plain: false,
      events: [],
      undo: null,
    };
    this.#write(entry, "enqueue", null, {});
    this.#place(entry);
    entry.plain = entry.order !== null;
    this.jobs.push(entry);
    this.#startTimed(entry);
    return { outcome: "accepted", ref, state: "waiting", replaced: replaced && refOf(replaced.job) };
  }
  #extend(holder: Entry, waits: boolean, start: Instant): void {
    if (waits) {
      this.#write(holder, "reschedule", null, { runAt: start });
      this.#place(holder);
    }
    this.#startTimed(holder);
  }
  #startTimed(entry: Entry): void {
    if (typeof entry.dedupe?.while === "object")
      this.timed.set(`${entry.job.queue}:${entry.dedupe.key}`, { entry, until: this.now + entry.dedupe.while.forMs });
  }

  // ── working ──

  /** @param met - overdue jobs that the store met and cancelled: which ones is its own affair */
  claim(request: ClaimRequest, met: readonly JobRef[], turn: Turn): Pick<Claim, "jobs" | "held"> {
    for (const entry of this.jobs)
      if (this.isOverdue(entry) && met.some((ref) => isSame(entry.job, ref))) this.#cancel(entry, "expire", "expired");
    const asked = request.queues.filter(({ queue }) => this.queue(queue).paused === null);
    const session = this.sessions.get(request.session);
    const batch = this.heldBy(request.session).some(({ job }) => job.heldLimit !== null)
      ? []
      : this.#choose({ ...request, queues: asked }, turn);
    if (session) session.deadline = this.now + request.leaseMs;
    else if (batch.length > 0)
      this.sessions.set(request.session, { deadline: this.now + request.leaseMs, alone: false });
    const holder = this.sessions.get(request.session);
    if (holder && batch.length > 0) holder.alone = session === undefined && batch.length === 1;
    const jobs = batch.map((entry) => this.#lease(entry, request));
    const held = asked.flatMap((one) => {
      const first = this.#heldIn(one)[0];
      return first ? [{ queue: one.queue, since: first.job.runAt }] : [];
    });
    return { jobs, held };
  }
  #choose({ queues, max, held, session }: ClaimRequest, turn: Turn): readonly Entry[] {
    for (const { queue } of queues)
      for (const entry of this.jobs.filter((one) => one.order === null && this.#isDue(one, queue)).sort(byRunAt))
        this.#place(entry);
    if (held && !this.sessions.has(session))
      for (const one of queues) {
        const batch = exclusive(this.#heldIn(one), Math.min(max, one.max));
        if (batch.length > 0) return batch;
      }
    const batch: Entry[] = [];
    for (const one of queues) {
      const free = this.jobs.filter((entry) => entry.job.heldLimit === null && this.#mayRun(entry, one));
      batch.push(...turn(free.sort(byTurn), Math.min(one.max, max - batch.length)));
    }
    return batch;
  }
  #isDue = ({ job }: Entry, queue: string): boolean =>
    job.queue === queue && job.state === "waiting" && job.runAt <= this.now;
  #mayRun = (entry: Entry, { queue, types }: ClaimRequest["queues"][number]): boolean =>
    this.#isDue(entry, queue) &&
    !this.isOverdue(entry) &&
    types.some((type) => type.name === entry.job.name && entry.job.version <= type.maxVersion);
  #heldIn = (one: ClaimRequest["queues"][number]): readonly Entry[] =>
    this.jobs.filter((entry) => entry.job.heldLimit !== null && this.#mayRun(entry, one)).sort(byRunAt);
  #lease(entry: Entry, { session, token }: ClaimRequest): LeasedJob {
    const attempt = entry.job.attempt + 1;
    const set = { state: "active", attempt, startedAt: this.now, worker: session } as const;
    this.#write(entry, "claim", claimData(session, attempt), set);
    entry.token = token;
    const { name, version, payload, progress, priority, maxAttempts, backoff, timeoutMs } = entry.job;
    const { createdAt, expiresAt, tags, group, parent, heldLimit } = entry.job;
    const lease = this.leaseOf(entry);
    return {
      ...{ lease, name, version, payload, progress, priority, attempt, maxAttempts, backoff, timeoutMs },
      ...{ createdAt, expiresAt, tags, group, parent, heldLimit },
    };
  }

  settle = (settlements: readonly Settlement[]): readonly Settled[] => settlements.map((one) => this.#settleOne(one));

  #settleOne({ lease, guard, decision, followUps = [] }: Settlement): Settled {
    if (!this.find(lease.ref)) return { ok: false, now: "missing" };
    const entry = this.own(lease);
    if (!entry) return { ok: false, now: "lost" };
    const { job } = entry;
    const deadline = this.sessions.get(job.worker ?? "")?.deadline ?? 0;
    if (guard === "expired" && deadline > this.now) return { ok: false, now: "live" };
    const end = this.#endOf(entry, decision);
    const failure = failureOf(decision);
    const runAt = end.state === "waiting" && "delayMs" in decision ? this.now + decision.delayMs : job.runAt;
    this.#write(entry, end.kind, endingData({ decision, ...end, runAt }), {
      state: end.state,
      reason: end.reason,
      runAt,
      attempt: end.givesBack ? job.attempt - 1 : job.attempt,
      errors: failure ? keepErrors(job.errors, { at: this.now, attempt: job.attempt, ...failure }) : job.errors,
      result: decision.move === "complete" ? decision.result : job.result,
      rescues: decision.move === "rescue" ? job.rescues + 1 : job.rescues,
      heldLimit: decision.move === "rescue" ? decision.heldLimit : decision.move === "release" ? job.heldLimit : null,
      finishedAt: isFinal(end.state) ? this.now : job.finishedAt,
      epoch: isFinal(end.state) ? job.epoch : job.epoch + 1,
      cancelRequested: false,
    });
    if (end.state === "waiting") this.#place(entry);
    this.#forgetIdle(job.worker);
    const following = decision.move === "complete" ? followUps : [];
    return { ok: true, state: end.state, reason: end.reason, followUps: this.enqueue(following, false) };
  }
  #endOf(entry: Entry, decision: Decision): End {
    if (entry.job.cancelRequested && decision.move !== "complete")
      return {
        kind: decision.move === "rescue" ? "rescue" : "stop",
        state: "cancelled",
        reason: "user",
        givesBack: false,
      };
    const givesBack = decision.move === "release" || (decision.move === "rescue" && !decision.charged);
    const state = decision.move === "rescue" ? decision.to : ENDS[decision.move];
    if (state === "waiting" && entry.dedupe?.while === "waiting" && this.#isTaken(entry))
      return { kind: "yield", state: "cancelled", reason: "duplicate", givesBack };
    const reason = state !== "cancelled" ? null : decision.move === "stop" ? decision.reason : "user";
    return { kind: decision.move, state, reason, givesBack };
  }

  extend(id: string, leases: readonly Lease[], leaseMs: number): Extended {
    const session = this.sessions.get(id);
    if (session) session.deadline = this.now + leaseMs;
    const standing = leases.map((lease) => {
      const entry = this.own(lease);
      return !entry ? "lost" : entry.job.cancelRequested ? "cancel" : "held";
    });
    const paused = leases.map(({ ref }) => ref.queue).filter((queue) => this.queue(queue).paused !== null);
    return { leases: standing, pausedQueues: [...new Set(paused)].sort(), now: this.now };
  }

  append = (entries: readonly FencedEntry[]): readonly boolean[] =>
    entries.map(({ lease, kind, data }) => {
      const entry = this.own(lease);
      if (entry) this.#write(entry, kind, data, kind === "progress" ? { progress: data } : {});
      return entry !== undefined;
    });

  expired = (): readonly ExpiredSession[] =>
    [...this.sessions]
      .filter(([, { deadline }]) => deadline <= this.now)
      .sort(([, a], [, b]) => a.deadline - b.deadline)
      .map(([session, { alone }]) => ({
        session,
        alone,
        jobs: this.heldBy(session).map((entry) => {
          const { attempt, maxAttempts, backoff, cancelRequested, onLeaseLost, heldLimit } = entry.job;
          const facts = { attempt, maxAttempts, backoff, cancelRequested, onLeaseLost, heldLimit };
          return { lease: this.leaseOf(entry), facts };
        }),
      }));

  retire(id: string): void {
    const session = this.sessions.get(id);
    if (session) session.deadline = this.now;
  }

  // ── operating ──

  apply(move: OperatorMove, refs: readonly JobRef[], options: ApplyOptions): readonly MoveResult[] {
    const changed: JobRef[] = [];
    const results = refs.map((ref): MoveResult => {
      const { outcome, entry } = this.#judge(move, ref, options);
      if (entry) changed.push(ref);
      return { ref, outcome, state: this.find(ref)?.job.state ?? null };
    });
    if (changed.length > 0) this.audit.push(auditLine(this.now, move, options, { refs: changed }));
    return results;
  }
  /** With the entry if the move wrote an event. */
  #judge(move: OperatorMove, ref: JobRef, options: ApplyOptions): { outcome: MoveResult["outcome"]; entry?: Entry } {
    if (move === "restore") return this.#restore(ref, options);
    const entry = this.find(ref);
    if (!entry) return { outcome: "missing" };
    const { job } = entry;
    if (options.expectEpoch !== undefined && options.expectEpoch !== job.epoch) return { outcome: "changed" };
    if (!mayMove(move, job.state)) return { outcome: move === "remove" && job.state === "active" ? "busy" : "refused" };
    if (move === "cancel" && job.cancelRequested) return { outcome: "requested" };
    if (move === "promote" && job.runAt <= this.now) return { outcome: "done" };
    if (move === "requeue" && this.#isTaken(entry)) return { outcome: "held" };
    const { undo } = entry;
    if (move === "revert" && !(undo && undo.op === options.opId && undo.op === job.lastOp && undo.epoch === job.epoch))
      return { outcome: "changed" };

    const newPayload = move === "requeue" || move === "edit" ? options.payload : undefined;
    const data = operatorData(move, options, newPayload === undefined ? null : job.payload);
    this.#write(entry, move, data, { ...this.#effect(move, entry, options), lastOp: options.opId ?? null });
    entry.undo = move === "requeue" && options.opId !== undefined ? undoOf(job, options.opId) : null;
    if (PLACING.includes(move)) this.#place(entry);
    if (move === "remove") {
      this.jobs = this.jobs.filter((one) => one !== entry);
      this.trash.set(keyOf(ref), { entry, at: this.now });
    }
    return { outcome: move === "cancel" && job.state === "active" ? "requested" : "done", entry };
  }
  #effect(move: OperatorMove, { job, undo }: Entry, options: ApplyOptions): Partial<Job> {
    const payload = options.payload ?? job.payload;
    const runAt = this.now + (options.delayMs ?? 0);
    switch (move) {
      case "cancel":
        if (job.state === "active") return { cancelRequested: true };
        return { state: "cancelled", reason: "user", finishedAt: this.now };
      case "requeue":
        return { ...RENEWED, payload, runAt };
      case "promote":
        return { runAt: this.now };
      case "reschedule":
        return { runAt };
      case "reprioritise":
        return { priority: options.priority ?? job.priority };
      case "edit":
        return { payload };
      case "revert":
        return undo?.before ?? {};
      case "park":
        return { state: "stale" };
      default:
        return {};
    }
  }
  #restore(ref: JobRef, options: ApplyOptions): { outcome: MoveResult["outcome"]; entry?: Entry } {
    const trashed = this.trash.get(keyOf(ref));
    if (!trashed || trashed.at + DEFAULTS.trashMs < this.now) return { outcome: "missing" };
    const { entry } = trashed;
    const wantsKey = entry.dedupe !== null && wouldHold(entry.dedupe, entry.job.state);
    if (this.find(ref) || (wantsKey && this.#isTaken(entry))) return { outcome: "held" };
    this.trash.delete(keyOf(ref));
    this.#write(entry, "restore", operatorData("restore", options, null), { lastOp: options.opId ?? null });
    this.#place(entry);
    this.jobs = [...this.jobs, entry].sort((a, b) => a.born - b.born);
    return { outcome: "done", entry };
  }

  pause(name: string, actor: string): boolean {
    const queue = this.queue(name);
    if (queue.paused !== null) return false;
    queue.paused = { at: this.now, by: actor, reason: null };
    this.audit.push(auditLine(this.now, "pause", { actor }, { queue: name }));
    return true;
  }
  resume(name: string, actor: string): boolean {
    const queue = this.queue(name);
    if (queue.paused === null) return false;
    queue.paused = null;
    this.audit.push(auditLine(this.now, "resume", { actor }, { queue: name }));
    return true;
  }
  bound(name: string, maxSize: number | null, actor: string): void {
    const queue = this.queue(name);
    if (queue.maxSize === maxSize) return;
    queue.maxSize = maxSize;
    this.audit.push(auditLine(this.now, "configure", { actor }, { queue: name }));
  }

  // ── sweeping ──

  expire(): { readonly expired: number; readonly more: boolean } {
    const overdue = this.jobs.filter(this.isOverdue);
    for (const entry of overdue) this.#cancel(entry, "expire", "expired");
    return { expired: overdue.length, more: false };
  }
  purge({ queue, state, olderThanMs }: PurgeRule): { readonly removed: number; readonly more: boolean } {
    const isOld = ({ job }: Entry): boolean =>
      job.queue === queue && job.state === state && (job.finishedAt ?? 0) <= this.now - olderThanMs;
    const kept = this.jobs.filter((entry) => !isOld(entry));
    const removed = this.jobs.length - kept.length;
    this.jobs = kept;
    return { removed, more: false };
  }
}

interface End {
  readonly kind: "complete" | "retry" | "bury" | "stop" | "release" | "rescue" | "yield";
  readonly state: State;
  readonly reason: CancelReason | null;
  readonly givesBack: boolean;
}

const ENDS = { complete: "completed", retry: "waiting", release: "waiting", bury: "dead", stop: "cancelled" } as const;
const PLACING: readonly OperatorMove[] = ["requeue", "promote", "reschedule"];

const BLANK = {
  state: "waiting",
  reason: null,
  result: null,
  progress: null,
  attempt: 0,
  startedAt: null,
  finishedAt: null,
  leaseUntil: null,
  worker: null,
  errors: [],
  rescues: 0,
  heldLimit: null,
  cancelRequested: false,
  epoch: 0,
  seq: 0,
  lastOp: null,
} as const;

/** What a requeue resets. */
const RENEWED = {
  state: "waiting",
  reason: null,
  attempt: 0,
  rescues: 0,
  heldLimit: null,
  finishedAt: null,
  expiresAt: null,
  result: null,
  progress: null,
} as const;

/** What its undoing brings back. */
function undoOf(job: Job, op: string): Entry["undo"] {
  const { state, reason, payload, attempt, rescues, heldLimit, finishedAt, expiresAt, result, progress } = job;
  const before = { state, reason, payload, attempt, rescues, heldLimit, finishedAt, expiresAt, result, progress };
  return { op, epoch: job.epoch, before };
}

/** A batch in which no job has more companions than its limit allows. */
function exclusive(candidates: readonly Entry[], room: number): readonly Entry[] {
  const fits = (n: number): boolean => candidates.slice(0, n).every(({ job }) => n <= (job.heldLimit ?? n));
  let n = 0;
  while (n < Math.min(room, candidates.length) && fits(n + 1)) n++;
  return candidates.slice(0, n);
}

const wouldHold = ({ while: when }: Dedupe, state: State): boolean =>
  when === "waiting" ? state === "waiting" : when === "open" && OPEN.includes(state);
const byRunAt = (a: Entry, b: Entry): number => a.job.runAt - b.job.runAt || a.born - b.born;
const byTurn = (a: Entry, b: Entry): number => a.job.priority - b.job.priority || (a.order ?? 0) - (b.order ?? 0);
const isSame = (a: JobRef, b: JobRef): boolean => a.queue === b.queue && a.id === b.id;
const keyOf = ({ queue, id }: JobRef): string => `${queue}/${id}`;
const refOf = ({ queue, id }: JobRef): JobRef => ({ queue, id });
