/**
 * Whether a job answers a filter: the meaning of every term, the same on every backend.
 *
 * A store may find candidates by an index (see narrow.ts); what it returns must be what this says.
 * A text field compares as a whole, `error` in any part. Identifiers (id, queue, worker, key, parent, op)
 * are compared letter by letter, everything else without regard to case. What a job does not have matches nothing.
 */

import type {
  DurationField,
  Filter,
  Flag,
  NumberField,
  NumberRange,
  Term,
  TextField,
  TextPattern,
  TimeField,
  TimeRange,
} from "../nouns/filter.ts";
import type { Instant, Job, JsonText } from "../nouns/job.ts";
import { phaseOf } from "../nouns/lifecycle.ts";
import { type Cover, fold, type LetterCase, matchesText, mayStandIn } from "./glob.ts";
import { elementsOf, valuesAt } from "./json-path.ts";

/** A due job that no worker has claimed for this long is late. */
export const LATE_MS = 60_000;

/** What a filter can ask of a job. */
export type Searchable = Pick<
  Job,
  | "id"
  | "queue"
  | "name"
  | "version"
  | "state"
  | "reason"
  | "priority"
  | "attempt"
  | "runAt"
  | "createdAt"
  | "startedAt"
  | "finishedAt"
  | "worker"
  | "tags"
  | "group"
  | "dedupeKey"
  | "heldLimit"
  | "parent"
  | "lastOp"
  | "errors"
  | "progress"
  | "payload"
  | "result"
>;

/**
 * True if every term holds. `payload`, `result` and `errors` are read only for terms that ask for them, so a
 * store may hand in an object that fetches them when read.
 *
 * The words of `state` are phases, the words that people read: `waiting` is a job that is due,
 * one whose time is ahead is `scheduled` or `retrying`.
 *
 * @param now - the store's clock; ages count back from it
 */
export const matchesFilter = (job: Searchable, filter: Filter, now: Instant): boolean =>
  filter.every((term) => holds(job, term, now) !== term.not);

/** Terms that ask for a job's type only: all jobs of one queue, name and version answer them alike. */
const TYPE_FIELDS = ["queue", "name", "version"] as const;
export type JobType = Pick<Searchable, (typeof TYPE_FIELDS)[number]>;
type TypeTerm = { readonly not: boolean } & (
  | { readonly field: "queue" | "name"; readonly any: readonly TextPattern[] }
  | { readonly field: "version"; readonly range: NumberRange }
);

export const isTypeTerm = (term: Term): term is TypeTerm => TYPE_FIELDS.some((field) => field === term.field);

/** True if jobs of this type can match: every term that asks for the type holds. */
export const matchesType = (type: JobType, filter: Filter): boolean =>
  filter.every((term) => !isTypeTerm(term) || isOfType(type, term) !== term.not);

function isOfType(type: JobType, term: TypeTerm): boolean {
  if (term.field === "version") return inRange(type.version, term.range);
  const { cover, letters } = TEXT_OF[term.field];
  return term.any.some((pattern) => matchesText(pattern, type[term.field], cover, letters));
}

function holds(job: Searchable, term: Term, now: Instant): boolean {
  switch (term.field) {
    case "state":
      return term.any.includes(phaseOf(job, now));
    case "flag":
      return FLAG_HOLDS[term.flag](job, now);
    case "word":
      return hasWord(job, fold(term.text, "ignored"));
    case "priority":
    case "attempts":
    case "version":
    case "wait":
    case "run":
      return inRange(NUMBER_OF[term.field](job, now), term.range);
    case "created":
    case "finished":
    case "runat":
      return inTimeRange(TIME_OF[term.field](job), term.range, now);
    case "payload":
    case "result":
      return jsonHolds(job[term.field], term);
    default: {
      const { values, cover, letters } = TEXT_OF[term.field];
      return values(job).some((value) => term.any.some((pattern) => matchesText(pattern, value, cover, letters)));
    }
  }
}

interface TextRule {
  readonly values: (job: Searchable) => readonly string[];
  readonly cover: Cover;
  readonly letters: LetterCase;
}

const identifier = (values: TextRule["values"]): TextRule => ({ values, cover: "whole", letters: "exact" });
const label = (values: TextRule["values"]): TextRule => ({ values, cover: "whole", letters: "ignored" });
const present = (value: string | null): readonly string[] => (value === null ? [] : [value]);

const lastErrorTexts = (job: Searchable): readonly string[] => {
  const last = job.errors.at(-1);
  return last ? [last.code, last.message] : [];
};

const TEXT_OF: Readonly<Record<TextField, TextRule>> = {
  id: identifier((job) => [job.id]),
  queue: identifier((job) => [job.queue]),
  worker: identifier((job) => present(job.worker)),
  key: identifier((job) => present(job.dedupeKey)),
  parent: identifier((job) => (job.parent ? [job.parent.id, `${job.parent.queue}/${job.parent.id}`] : [])),
  op: identifier((job) => present(job.lastOp)),
  name: label((job) => [job.name]),
  tag: label((job) => job.tags),
  group: label((job) => present(job.group)),
  reason: label((job) => present(job.reason)),
  error: { values: lastErrorTexts, cover: "part", letters: "ignored" },
};

/** The claim that belongs to the job's present round: whatever goes back to waiting gets a later `runAt`. */
const claimedAt = (job: Searchable): Instant | null =>
  job.startedAt !== null && job.runAt <= job.startedAt ? job.startedAt : null;

/** From due to claimed; for a job that still waits, until now. */
function waitedMs(job: Searchable, now: Instant): number | null {
  const end = job.state === "waiting" ? now : claimedAt(job);
  return end === null || end < job.runAt ? null : end - job.runAt;
}

/** From claimed to final; for a job that still runs, until now. */
function ranMs(job: Searchable, now: Instant): number | null {
  const start = claimedAt(job);
  const end = job.state === "active" ? now : job.finishedAt;
  return start === null || end === null ? null : Math.max(0, end - start);
}

const NUMBER_OF: Readonly<Record<NumberField | DurationField, (job: Searchable, now: Instant) => number | null>> = {
  priority: (job) => job.priority,
  attempts: (job) => job.attempt,
  version: (job) => job.version,
  wait: waitedMs,
  run: ranMs,
};

const TIME_OF: Readonly<Record<TimeField, (job: Searchable) => Instant | null>> = {
  created: (job) => job.createdAt,
  finished: (job) => job.finishedAt,
  runat: (job) => job.runAt,
};

const FLAG_HOLDS: Readonly<Record<Flag, (job: Searchable, now: Instant) => boolean>> = {
  "is:held": (job) => job.heldLimit !== null,
  "is:late": (job, now) => job.state === "waiting" && now - job.runAt >= LATE_MS,
  "has:error": (job) => job.errors.length > 0,
  "has:result": (job) => job.result !== null,
  "has:progress": (job) => job.progress !== null,
};

const inRange = (value: number | null, { from, to }: NumberRange): boolean =>
  value !== null && (from === null || value >= from) && (to === null || value <= to);

function inTimeRange(at: Instant | null, range: TimeRange, now: Instant): boolean {
  if (at === null) return false;
  return range.kind === "at" ? inRange(at, range) : inRange(now - at, { from: range.fromMs, to: range.toMs });
}

const hasWord = (job: Searchable, word: string): boolean =>
  fold(job.id, "ignored").startsWith(word) ||
  fold(job.name, "ignored").includes(word) ||
  lastErrorTexts(job).some((text) => fold(text, "ignored").includes(word));

type JsonTerm = Extract<Term, { readonly path: string }>;

function jsonHolds(json: JsonText | null, term: JsonTerm): boolean {
  if (json === null || !mayHold(json, term)) return false;
  const test =
    "range" in term
      ? (value: JsonText) => isNumber(value) && inRange(Number(value), term.range)
      : (value: JsonText) => isValue(value, term.any);
  return valuesAt(json, term.path).some((value) => test(value) || (elementsOf(value)?.some(test) ?? false));
}

/** Without escapes every text in the JSON stands there as it is. */
function mayHold(json: JsonText, term: JsonTerm): boolean {
  if ("range" in term || json.includes("\\")) return true;
  const text = fold(json, "ignored");
  return term.any.some((pattern) => mayStandIn(pattern, text));
}

const isNumber = (value: JsonText): boolean => /^-?\d/.test(value);

/** Strings by their text, everything else by its JSON as it was written: 9007199254740993 is not 9007199254740992. */
function isValue(value: JsonText, any: readonly TextPattern[]): boolean {
  const text = value.startsWith('"') ? (JSON.parse(value) as string) : value;
  return any.some((pattern) => matchesText(pattern, text, "whole", "ignored"));
}
