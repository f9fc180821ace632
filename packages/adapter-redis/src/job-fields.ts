/**
 * The nouns that are made from the hash of a job. What BullMQ's programs wrote means what it means to them; fields of
 * ours never contradict it.
 */

import type {
  AttemptError,
  CancelReason,
  Instant,
  Job,
  JobRef,
  JobSummary,
  JsonText,
  Searchable,
  State,
} from "@jobyard/core/adapter";
import { ADOPTED, type Facts, factsIn, foreignFactsIn } from "./facts.ts";
import type { Look, Row } from "./read/look.ts";

/** From there on a score in `delayed` tells no time: the job is held or parked, or its time is further ahead than scores go. */
const FURTHEST_SCORE = 2 ** 53 - 4_096;

/** A job as a look has read it. What was not asked for cannot be had from it. */
export class StoredJob implements Searchable {
  readonly queue: string;
  readonly id: string;
  readonly #look: Look;
  readonly #row: Row;

  constructor({ queue, id }: JobRef, look: Look, row: Row) {
    this.queue = queue;
    this.id = id;
    this.#look = look;
    this.#row = row;
  }

  /** False if a text was longer than was asked for. */
  get isWhole(): boolean {
    return !this.#look.isCut(this.#row);
  }

  /** BullMQ's: nobody of ours has touched it. */
  get isForeign(): boolean {
    return this.#text("yn") === null;
  }

  get name(): string {
    return this.#text("name") ?? "";
  }
  get version(): number {
    return this.#number("yv") ?? 1;
  }
  get createdAt(): Instant {
    return this.#number("timestamp") ?? 0;
  }
  get priority(): number {
    return this.#number("priority") ?? 0;
  }

  get state(): State {
    switch (this.#place) {
      case "completed":
      case "active":
        return this.#place;
      case "failed":
        return this.#reasonText === null ? "dead" : "cancelled";
      case "waiting-children":
        return this.#text("ym") === "stale" ? "stale" : "blocked";
      default:
        return "waiting";
    }
  }
  get reason(): CancelReason | null {
    return this.state === "cancelled" ? (this.#reasonText as CancelReason) : null;
  }

  get attempt(): number {
    return this.#made + (this.#place === "active" ? 1 : 0);
  }
  get runAt(): Instant {
    const own = this.#number("yu") ?? this.createdAt;
    const score = this.#look.scoreIn(this.#row);
    // Whoever moved it last says when it is due.
    if (score !== null) return score < FURTHEST_SCORE ? Math.floor(score / 4_096) : own;
    const isInLine = this.#place === "wait" || this.#place === "prioritized";
    return isInLine && own > this.#look.now ? this.createdAt : own;
  }
  get startedAt(): Instant | null {
    return this.#number("processedOn");
  }
  get finishedAt(): Instant | null {
    return this.#isFinal ? this.#number("finishedOn") : null;
  }
  get expiresAt(): Instant | null {
    return this.#number("ye");
  }
  get leaseUntil(): Instant | null {
    return this.#look.leaseIn(this.#row);
  }
  get worker(): string | null {
    return this.#text("pb");
  }

  get payload(): JsonText {
    return this.#text("data") ?? "null";
  }
  get result(): JsonText | null {
    const text = this.#text("returnvalue");
    return text === "null" && this.#text("yo") === null ? null : text;
  }
  get progress(): JsonText | null {
    return this.#text("progress");
  }
  /** The last only, if no more was asked for. */
  get errors(): readonly AttemptError[] {
    const own = this.#look.errorsIn(this.#row).map((text) => JSON.parse(text) as AttemptError);
    const foreign = this.#foreignError();
    return foreign === null ? own : [...own, foreign];
  }

  get facts(): Facts {
    const text = this.#text("yx");
    return this.isForeign || text === ADOPTED ? foreignFactsIn(this.#text("opts")) : factsIn(text);
  }
  get tags(): readonly string[] {
    return this.facts.tags;
  }
  get group(): string | null {
    return this.facts.group;
  }
  get parent(): Facts["parent"] {
    return this.facts.parent;
  }
  get dedupeKey(): string | null {
    return this.#text("deid");
  }
  get heldLimit(): number | null {
    return this.#number("yl");
  }
  get lastOp(): string | null {
    return this.#text("yz") || null;
  }

  /** @returns all but the texts that can be large */
  #summary(): Omit<JobSummary, "lastError"> {
    const { queue, id, name, version, state, reason, progress, priority, attempt, runAt, createdAt } = this;
    const { startedAt, finishedAt, expiresAt, leaseUntil, worker, dedupeKey, heldLimit, lastOp, facts } = this;
    return {
      ...{ queue, id, name, version, state, reason, progress, priority, attempt },
      ...{ runAt, createdAt, startedAt, finishedAt, expiresAt, leaseUntil, worker },
      ...{ maxAttempts: facts.maxAttempts, timeoutMs: facts.timeoutMs, tags: facts.tags, group: facts.group },
      ...{ dedupeKey, onLeaseLost: facts.onLeaseLost, parent: facts.parent, rescues: this.#number("yr") ?? 0 },
      ...{ heldLimit, cancelRequested: this.#text("yq") !== null, epoch: this.#number("yp") ?? 0 },
      ...{ seq: this.#seq, lastOp },
    };
  }

  toSummary(): JobSummary {
    return { ...this.#summary(), lastError: this.errors.at(-1) ?? null };
  }

  toJob(): Job {
    const { errors, payload, result } = this;
    return { ...this.#summary(), backoff: this.facts.backoff, errors, payload, result };
  }

  get #place(): string | null {
    return this.#look.placeIn(this.#row);
  }

  get #isFinal(): boolean {
    return this.#place === "completed" || this.#place === "failed";
  }

  /** Attempts that ended and count. */
  get #made(): number {
    return (this.#number("atm") ?? 0) + (this.#number("stc") ?? 0);
  }

  /** A mark of ours on a failed job counts only for the failure that it was made with. */
  get #isOwnFailure(): boolean {
    return this.#text("ym") !== null && this.#text("yi") === this.#text("finishedOn");
  }

  get #reasonText(): string | null {
    const mark = this.#text("ym") ?? "";
    return this.#isOwnFailure && mark.startsWith("cancelled:") ? mark.slice("cancelled:".length) : null;
  }

  get #seq(): number {
    const claims = { ats: this.#number("ats") ?? 0, written: this.#text("yc"), startedAt: this.startedAt };
    const unwritten = unwrittenOf(claims, this.state === "completed");
    return 1 + this.#look.eventsIn(this.#row) + unwritten.length;
  }

  /** What BullMQ's programs know of the last failure, if it was one of theirs. */
  #foreignError(): AttemptError | null {
    const message = this.#text("failedReason");
    if (message === null) return null;
    if (!this.isForeign && !(this.#place === "failed" && !this.#isOwnFailure)) return null;
    const at = this.#number("finishedOn") ?? this.startedAt ?? this.createdAt;
    const stack = this.#look.has("stacktrace") ? lastTraceIn(this.#text("stacktrace")) : null;
    return { at, attempt: this.#made, code: "HANDLER_ERROR", message, stack };
  }

  #text(field: string): string | null {
    return this.#look.textIn(this.#row, field);
  }

  #number(field: string): number | null {
    const text = this.#text(field);
    return text === null ? null : Math.floor(Number(text));
  }
}

/** A job's claims, as far as its events are concerned. */
export interface Claims {
  readonly ats: number;
  /** The field `yc`. */
  readonly written: string | null;
  readonly startedAt: Instant | null;
}

/** Of the happy path the events that are made when read, because none had to follow them. */
export function unwrittenOf(claims: Claims, isCompleted: boolean): readonly ("claim" | "complete")[] {
  const { ats, written, startedAt } = claims;
  const [, attempt = "", mark = ""] = /^(\d*)(!?)$/.exec(written ?? "") ?? [];
  return [
    ...(ats > 0 && startedAt !== null && Number(attempt) !== ats ? (["claim"] as const) : []),
    ...(isCompleted && mark === "" ? (["complete"] as const) : []),
  ];
}

function lastTraceIn(stacktrace: string | null): string | null {
  if (stacktrace === null) return null;
  try {
    const last: unknown = (JSON.parse(stacktrace) as unknown[] | null)?.at(-1);
    return typeof last === "string" ? last : null;
  } catch {
    // Programs write this field themselves.
    return stacktrace;
  }
}
