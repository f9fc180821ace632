/**
 * What a job is from its enqueue to its end, as the field `yx` of its hash keeps it: JSON without what is as nearly
 * everywhere. Few different texts come up, so each is read once.
 */

import {
  type Backoff,
  backoffText,
  type Instant,
  type LeaseLossPolicy,
  type NewJob,
  type Parent,
  toBackoff,
} from "@jobyard/core/adapter";

export interface Facts {
  readonly maxAttempts: number;
  readonly backoff: Backoff | null;
  readonly timeoutMs: number | null;
  readonly group: string | null;
  readonly tags: readonly string[];
  readonly onLeaseLost: LeaseLossPolicy;
  readonly parent: Parent | null;
}

/** Short, because it stands in the hash of every job that has one of them. */
interface Stored {
  /** maxAttempts */
  readonly a?: number;
  /** backoff; null: none */
  readonly b?: string | null;
  /** timeoutMs */
  readonly t?: number;
  readonly g?: string;
  readonly tags?: readonly string[];
  /** onLeaseLost */
  readonly l?: LeaseLossPolicy;
  readonly p?: Parent;
}

/** What absence means. Never to be changed: jobs that are stored rely on it. */
const USUAL = { maxAttempts: 3, backoff: "d1", onLeaseLost: "retry" } as const;
const ALL_USUAL: Facts = read({});

/** In place of the text, of a job of BullMQ's that became one of ours: what it is stands in its `opts`. */
export const ADOPTED = "@";

/** Null: nothing is unusual. */
export function factsText(job: NewJob): string | null {
  const backoff = backoffText(job.backoff);
  const isUsual =
    job.maxAttempts === USUAL.maxAttempts &&
    backoff === USUAL.backoff &&
    job.onLeaseLost === USUAL.onLeaseLost &&
    job.timeoutMs === null &&
    job.group === null &&
    job.parent === null &&
    job.tags.length === 0;
  return isUsual ? null : write(job, backoff);
}

function write(job: NewJob, backoff: string | null): string {
  const stored: Stored = {
    ...(job.maxAttempts !== USUAL.maxAttempts && { a: job.maxAttempts }),
    ...(backoff !== USUAL.backoff && { b: backoff }),
    ...(job.timeoutMs !== null && { t: job.timeoutMs }),
    ...(job.group !== null && { g: job.group }),
    ...(job.tags.length > 0 && { tags: job.tags }),
    ...(job.onLeaseLost !== USUAL.onLeaseLost && { l: job.onLeaseLost }),
    ...(job.parent !== null && { p: job.parent }),
  };
  return JSON.stringify(stored);
}

/** Of programs in which every job differs. */
const MOST_KNOWN = 1_000;
const known = new Map<string, Facts>();

export function factsIn(text: string | null): Facts {
  if (text === null) return ALL_USUAL;
  const found = known.get(text);
  if (found !== undefined) return found;
  if (known.size >= MOST_KNOWN) known.clear();
  const facts = read(JSON.parse(text) as Stored);
  known.set(text, facts);
  return facts;
}

function read({ a, b = USUAL.backoff, t, g, tags, l, p }: Stored): Facts {
  return {
    maxAttempts: a ?? USUAL.maxAttempts,
    backoff: toBackoff(b),
    timeoutMs: t ?? null,
    group: g ?? null,
    tags: tags ?? [],
    onLeaseLost: l ?? USUAL.onLeaseLost,
    parent: p ?? null,
  };
}

/** What `opts` of a job of BullMQ's says to us. @param text - the field `opts` of its hash */
export function foreignFactsIn(text: string | null): Facts {
  const opts = text === null ? {} : (JSON.parse(text) as ForeignOpts);
  return { ...ALL_USUAL, maxAttempts: Math.max(1, opts.attempts ?? 1), backoff: foreignBackoff(opts.backoff) };
}

interface ForeignOpts {
  readonly attempts?: number;
  readonly backoff?: number | { readonly type?: string; readonly delay?: number; readonly jitter?: number };
}

const LONGEST_FOREIGN_MS: Instant = 2 ** 31 - 1;

/** A strategy that the program made up is known to that program only: it waits as long as its delay says. */
function foreignBackoff(backoff: ForeignOpts["backoff"]): Backoff | null {
  if (backoff === undefined) return null;
  const { type, delay = 0, jitter = 0 } = typeof backoff === "number" ? { type: "fixed", delay: backoff } : backoff;
  return {
    type: type === "exponential" ? "exponential" : "fixed",
    delayMs: Math.min(delay, LONGEST_FOREIGN_MS),
    maxDelayMs: LONGEST_FOREIGN_MS,
    jitter,
  };
}

/** A job's options as BullMQ's programs read them: what they understand of ours. @param delayMs - 0: due at once */
export function foreignOptsText(job: NewJob, delayMs: number): string {
  const { dedupe } = job;
  return JSON.stringify({
    attempts: job.maxAttempts,
    ...(job.backoff !== null && { backoff: asForeignBackoff(job.backoff) }),
    jobId: job.id,
    ...(delayMs > 0 && { delay: delayMs }),
    ...(job.priority > 0 && { priority: job.priority }),
    ...(dedupe && { de: { id: dedupe.key, ...(typeof dedupe.while === "object" && { ttl: dedupe.while.forMs }) } }),
  });
}

function asForeignBackoff(backoff: Backoff): object {
  if (isList(backoff)) return { type: "fixed", delay: backoff[0] ?? 0 };
  const { type, delayMs, jitter } = backoff;
  return { type: type === "exponential" ? type : "fixed", delay: delayMs, ...(jitter > 0 && { jitter }) };
}

const isList = (backoff: Backoff): backoff is readonly number[] => Array.isArray(backoff);
