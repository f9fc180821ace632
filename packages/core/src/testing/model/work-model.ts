/**
 * What producers and workers see of a store with no storage tricks: one list of jobs, searched from end to end.
 *
 * It answers every verb as `docs/writing-an-adapter.md` says, and is read beside that page.
 */

import type {
  ClaimQueue,
  ClaimRequest,
  Decision,
  FencedEntry,
  Lease,
  NewJob,
  Receipt,
  Settled,
  Settlement,
} from "../../contract/adapter.ts";
import { claimData, endingData, failureOf, keepErrors } from "../../contract/entries.ts";
import type { Instant, Job, JobRef, JsonText } from "../../nouns/job.ts";
import { sameJson } from "../../nouns/json.ts";
import { type CancelReason, DEPTH_STATES, isFinal, type State } from "../../nouns/lifecycle.ts";
import { byRunAt, byTurn, type Entry, isSame, newEntry, refOf, wouldHold } from "./entry.ts";

/** Which of the jobs that may be claimed are; `candidates` are in the order of the guide. */
export type Turn = (candidates: readonly Entry[], room: number) => readonly Entry[];

export interface Queue {
  readonly paused: { readonly at: Instant; readonly by: string; readonly reason: null } | null;
  readonly maxSize: number | null;
}
export interface Session {
  deadline: Instant;
  alone: boolean;
}
export class WorkModel {
  now: Instant;
  jobs: Entry[] = [];
  readonly sessions: Map<string, Session> = new Map();
  protected readonly queues: Map<string, Queue> = new Map();
  /** `{forMs}` keys, which outlive their jobs. */
  readonly #timed: Map<string, { readonly entry: Entry; readonly until: Instant }> = new Map();
  #numbers = 0;

  constructor(now: Instant) {
    this.now = now;
  }

  find = (ref: JobRef): Entry | undefined => this.jobs.find(({ job }) => isSame(job, ref));
  queue = (name: string): Queue => this.queues.get(name) ?? { paused: null, maxSize: null };
  /** All jobs of the queue that are in one of the states. */
  inQueue = (queue: string, states: readonly State[]): readonly Entry[] =>
    this.jobs.filter(({ job }) => job.queue === queue && states.includes(job.state));
  depth = (queue: string): number => this.inQueue(queue, DEPTH_STATES).length;
  /** All that the session has not settled. */
  heldBy = (session: string): readonly Entry[] =>
    this.jobs.filter(({ job }) => job.state === "active" && job.worker === session);
  deadlineOf = ({ job }: Entry): Instant => this.sessions.get(job.worker ?? "")?.deadline ?? 0;
  isOverdue = ({ job }: Entry): boolean =>
    job.state === "waiting" && job.expiresAt !== null && job.expiresAt <= this.now;
  leaseOf = ({ job, token }: Entry): Lease => ({ ref: refOf(job), epoch: job.epoch, token, session: job.worker ?? "" });
  own(lease: Lease): Entry | undefined {
    const entry = this.find(lease.ref);
    const { job, token } = entry ?? {};
    return job?.state === "active" && job.epoch === lease.epoch && token === lease.token ? entry : undefined;
  }
  #holder(queue: string, key: string): Entry | undefined {
    const timed = this.#timed.get(`${queue}:${key}`);
    if (timed && timed.until > this.now) return timed.entry;
    return this.jobs.find(
      ({ job, dedupe }) => job.queue === queue && dedupe?.key === key && wouldHold(dedupe, job.state),
    );
  }
  /** True if another job holds the key of this one. */
  protected isTaken(entry: Entry): boolean {
    const holder = entry.dedupe ? this.#holder(entry.job.queue, entry.dedupe.key) : undefined;
    return holder !== undefined && holder !== entry;
  }

  protected write(entry: Entry, kind: string, data: JsonText | null, set: Partial<Job>): void {
    const seq = entry.job.seq + 1;
    entry.job = { ...entry.job, ...set, seq };
    entry.events.push({ seq, at: this.now, kind, data });
  }
  /** The job's time or turn is new. */
  protected place(entry: Entry): void {
    entry.plain = false;
    entry.order = entry.job.runAt <= this.now ? ++this.#numbers : null;
  }
  protected cancel(entry: Entry, kind: "expire" | "replace", reason: CancelReason): void {
    this.write(entry, kind, null, { state: "cancelled", reason, finishedAt: this.now });
  }
  #startTimed(entry: Entry): void {
    if (typeof entry.dedupe?.while === "object")
      this.#timed.set(`${entry.job.queue}:${entry.dedupe.key}`, { entry, until: this.now + entry.dedupe.while.forMs });
  }

  enqueue = (jobs: readonly NewJob[], bounded = true): readonly Receipt[] =>
    jobs.map((asked) => this.#enqueueOne(asked, bounded));

  #enqueueOne(asked: NewJob, bounded: boolean): Receipt {
    const { start, dedupe } = asked;
    const ref = refOf(asked);
    const namesake = this.find(ref)?.job;
    if (namesake) {
      const told = { ref, state: namesake.state };
      const same = namesake.name === asked.name && sameJson(namesake.payload, asked.payload);
      return same ? { outcome: "duplicate", ...told, by: "id" } : { outcome: "conflict", ...told };
    }
    const runAt = "delayMs" in start ? this.now + start.delayMs : Math.max(this.now, start.at);
    const holder = dedupe ? this.#holder(ref.queue, dedupe.key) : undefined;
    const waits = holder?.job.state === "waiting" && this.jobs.includes(holder);
    const replaced = holder && waits && dedupe?.onConflict === "replace" ? holder : null;
    if (holder && !replaced) {
      if (dedupe?.onConflict === "extend") this.#startTimed(holder);
      if (dedupe?.onConflict === "extend" && waits) {
        this.write(holder, "reschedule", null, { runAt });
        this.place(holder);
      }
      return { outcome: "duplicate", ref: refOf(holder.job), state: holder.job.state, by: "key" };
    }
    const { maxSize } = this.queue(ref.queue);
    const depth = this.depth(ref.queue);
    if (bounded && maxSize !== null && depth - (replaced ? 1 : 0) >= maxSize)
      return { outcome: "full", ref, depth, maxSize };
    if (replaced) {
      this.cancel(replaced, "replace", "replaced");
      this.#timed.delete(`${ref.queue}:${dedupe?.key}`);
    }
    const entry = newEntry(asked, this.now, runAt, ++this.#numbers);
    const { plain } = entry;
    this.write(entry, "enqueue", null, {});
    this.place(entry);
    entry.plain = plain;
    this.jobs.push(entry);
    this.#startTimed(entry);
    return { outcome: "accepted", ref, state: "waiting", replaced: replaced && refOf(replaced.job) };
  }

  /** @param met - overdue jobs that the store met and cancelled: which ones is its own affair */
  claim(request: ClaimRequest, met: readonly JobRef[], turn: Turn): readonly Entry[] {
    for (const entry of this.jobs)
      if (this.#mayMeet(entry, request) && met.some((ref) => isSame(entry.job, ref)))
        this.cancel(entry, "expire", "expired");
    const known = this.sessions.get(request.session);
    const batch = this.#choose(request, known === undefined, turn);
    const session = known ?? { deadline: 0, alone: false };
    session.deadline = this.now + request.leaseMs;
    if (batch.length > 0) {
      session.alone = known === undefined && batch.length === 1;
      this.sessions.set(request.session, session);
    }
    for (const entry of batch) {
      const attempt = entry.job.attempt + 1;
      const set = { state: "active", attempt, startedAt: this.now, worker: request.session } as const;
      this.write(entry, "claim", claimData(request.session, attempt), set);
      entry.token = request.token;
    }
    return batch;
  }
  #mayMeet = (entry: Entry, { queues }: ClaimRequest): boolean =>
    this.isOverdue(entry) && queues.some(({ queue }) => queue === entry.job.queue && this.queue(queue).paused === null);
  #choose({ session, queues, max, held }: ClaimRequest, isNew: boolean, turn: Turn): readonly Entry[] {
    if (this.heldBy(session).some(({ job }) => job.heldLimit !== null)) return [];
    const asked = queues.filter(({ queue }) => this.queue(queue).paused === null);
    for (const { queue } of asked)
      for (const entry of [...this.inQueue(queue, ["waiting"])].sort(byRunAt))
        if (entry.order === null && entry.job.runAt <= this.now) this.place(entry);
    if (held && isNew)
      for (const one of asked) {
        const batch = exclusive(this.claimable(one, "held"), Math.min(max, one.max));
        if (batch.length > 0) return batch;
      }
    const batch: Entry[] = [];
    for (const one of asked) batch.push(...turn(this.claimable(one, "free"), Math.min(one.max, max - batch.length)));
    return batch;
  }
  /** Due jobs of the queue that the caller can run, in their order; none if it is paused. */
  claimable({ queue, types }: ClaimQueue, which: "held" | "free"): readonly Entry[] {
    const found = this.inQueue(queue, ["waiting"]).filter(
      (entry) =>
        entry.job.runAt <= this.now &&
        !this.isOverdue(entry) &&
        (entry.job.heldLimit !== null) === (which === "held") &&
        types.some((type) => type.name === entry.job.name && entry.job.version <= type.maxVersion),
    );
    return this.queue(queue).paused ? [] : [...found].sort(which === "held" ? byRunAt : byTurn);
  }

  settle = (settlements: readonly Settlement[]): readonly Settled[] => settlements.map((one) => this.#settleOne(one));

  #settleOne({ lease, guard, decision, followUps = [] }: Settlement): Settled {
    const entry = this.own(lease);
    if (!entry) return { ok: false, now: this.find(lease.ref) ? "lost" : "missing" };
    if (guard === "expired" && this.deadlineOf(entry) > this.now) return { ok: false, now: "live" };
    const { job } = entry;
    const { move } = decision;
    const { kind, state, reason, givesBack } = this.#endOf(entry, decision);
    const failure = failureOf(decision);
    const runAt = state === "waiting" && "delayMs" in decision ? this.now + decision.delayMs : job.runAt;
    this.write(entry, kind, endingData({ decision, kind, state, reason, runAt }), {
      state,
      reason,
      runAt,
      attempt: givesBack ? job.attempt - 1 : job.attempt,
      errors: failure ? keepErrors(job.errors, { at: this.now, attempt: job.attempt, ...failure }) : job.errors,
      result: move === "complete" ? decision.result : job.result,
      rescues: move === "rescue" ? job.rescues + 1 : job.rescues,
      heldLimit: move === "rescue" ? decision.heldLimit : move === "release" ? job.heldLimit : null,
      finishedAt: isFinal(state) ? this.now : job.finishedAt,
      epoch: isFinal(state) ? job.epoch : job.epoch + 1,
      cancelRequested: false,
    });
    if (state === "waiting") this.place(entry);
    if (job.worker !== null && this.heldBy(job.worker).length === 0) this.sessions.delete(job.worker);
    return { ok: true, state, reason, followUps: this.enqueue(move === "complete" ? followUps : [], false) };
  }
  #endOf(entry: Entry, decision: Decision): End {
    const { move } = decision;
    if (entry.job.cancelRequested && move !== "complete")
      return { kind: move === "rescue" ? "rescue" : "stop", state: "cancelled", reason: "user", givesBack: false };
    const givesBack = move === "release" || (move === "rescue" && !decision.charged);
    const state = move === "rescue" ? decision.to : ENDS[move];
    if (state === "waiting" && entry.dedupe?.while === "waiting" && this.isTaken(entry))
      return { kind: "yield", state: "cancelled", reason: "duplicate", givesBack };
    const reason = state !== "cancelled" ? null : move === "stop" ? decision.reason : "user";
    return { kind: move, state, reason, givesBack };
  }

  extend(id: string, leases: readonly Lease[], leaseMs: number): readonly ("held" | "cancel" | "lost")[] {
    const session = this.sessions.get(id);
    if (session) session.deadline = this.now + leaseMs;
    return leases.map((lease) => {
      const entry = this.own(lease);
      return !entry ? "lost" : entry.job.cancelRequested ? "cancel" : "held";
    });
  }
  append = (entries: readonly FencedEntry[]): readonly boolean[] =>
    entries.map(({ lease, kind, data }) => {
      const entry = this.own(lease);
      if (entry) this.write(entry, kind, data, kind === "progress" ? { progress: data } : {});
      return entry !== undefined;
    });
  /** Longest over first. */
  expired = (): readonly Session[] =>
    [...this.sessions.values()].filter(({ deadline }) => deadline <= this.now).sort((a, b) => a.deadline - b.deadline);
  retire(id: string): void {
    const session = this.sessions.get(id);
    if (session) session.deadline = this.now;
  }
}

interface End {
  readonly kind: Decision["move"] | "yield";
  readonly state: State;
  readonly reason: CancelReason | null;
  readonly givesBack: boolean;
}
const ENDS = { complete: "completed", retry: "waiting", release: "waiting", bury: "dead", stop: "cancelled" } as const;

/** The longest beginning in which no job has more companions than its limit allows. */
function exclusive(candidates: readonly Entry[], room: number): readonly Entry[] {
  const fits = (n: number): boolean => candidates.slice(0, n).every(({ job }) => n <= (job.heldLimit ?? n));
  let n = 0;
  while (n < Math.min(room, candidates.length) && fits(n + 1)) n++;
  return candidates.slice(0, n);
}
