/**
 * A filter as a condition on a row of `job`, with its lease, if it has one, as `leased`.
 *
 * The condition is true for every job that matches. What it does not decide alone (letters beyond ASCII, values in
 * JSON) is left to `matchesFilter`, for which the texts are named that it has to read.
 */

import {
  type Filter,
  type Flag,
  type Instant,
  isTypeTerm,
  LATE_MS,
  type NumberRange,
  type TextField,
  type TextPattern,
  type TimeField,
  type TimeRange,
} from "@jobyard/core/adapter";
import { canBeStored, foldedLikeOf, isAscii, likeOf, traceOf } from "./patterns.ts";

type Term = Filter[number];
type JsonTerm = Extract<Term, { readonly path: string }>;

export interface Conditions {
  /** SQL, true or false; its parameters are in `values`. */
  readonly text: string;
  readonly values: Readonly<Record<string, unknown>>;
  /** It asks for the leases of active jobs. */
  readonly asksLeases: boolean;
  /** The terms that are not decided by it. */
  readonly undecided: Filter;
}

/** What one term asks. Undecided: other jobs may answer it too. Null: nothing can be asked here. */
interface Asked {
  readonly text: string;
  readonly values?: Readonly<Record<string, unknown>>;
  readonly asksLeases?: boolean;
  readonly undecided?: boolean;
}

/**
 * Terms that ask for a job's type only are not in it: they are answered by its lane.
 *
 * @param namesWith - the lanes in whose name this word, in small letters, stands
 */
export function conditionsFor(
  filter: Filter,
  now: Instant,
  namesWith: (word: string) => readonly number[],
): Conditions {
  const texts: string[] = [];
  const undecided: Term[] = [];
  let values: Record<string, unknown> = { now };
  let asksLeases = false;
  for (const [index, term] of filter.entries()) {
    if (isTypeTerm(term)) continue;
    const asked = askedBy(term, index, namesWith);
    if (asked.undecided) undecided.push(term);
    // What may be more than what was asked for is, turned round, too little.
    if (asked.undecided && term.not) continue;
    texts.push(term.not ? `(${asked.text}) IS NOT TRUE` : `(${asked.text})`);
    values = { ...values, ...asked.values };
    asksLeases ||= asked.asksLeases === true;
  }
  return { text: texts.join(" AND ") || "true", values, asksLeases, undecided };
}

function askedBy(term: Term, index: number, namesWith: (word: string) => readonly number[]): Asked {
  switch (term.field) {
    case "state":
      return { text: `${PHASE} = ANY (@any${index}::text[])`, values: { [`any${index}`]: term.any }, asksLeases: true };
    case "flag":
      return { text: FLAGS[term.flag], asksLeases: term.flag === "is:late" };
    case "word":
      return wordAsked(term.text, index, namesWith);
    case "priority":
    case "attempts":
    case "wait":
    case "run":
      return { ...inRange(NUMBERS[term.field], term.range, index), asksLeases: term.field !== "priority" };
    case "created":
    case "finished":
    case "runat":
      return timeAsked(term, index);
    case "payload":
    case "result":
      return jsonAsked(term, index);
    case "queue":
    case "name":
    case "version":
      throw new TypeError("a job's type is answered by its lane");
    default:
      return TEXTS[term.field](term.any, index);
  }
}

const IS_ACTIVE = "leased.pk IS NOT NULL";

const PHASE = `CASE WHEN ${IS_ACTIVE} THEN 'active' WHEN job.state <> 'waiting' OR job.run_at <= @now::bigint
   THEN job.state WHEN job.attempt > 0 THEN 'retrying' ELSE 'scheduled' END`;

const FLAGS: Readonly<Record<Flag, string>> = {
  "is:held": "job.held_limit IS NOT NULL",
  "is:late": `job.state = 'waiting' AND NOT ${IS_ACTIVE} AND job.run_at <= @now::bigint - ${LATE_MS}`,
  "has:error": "job.errors IS NOT NULL AND job.errors <> '[]'",
  "has:result": "job.result IS NOT NULL",
  "has:progress": "job.progress IS NOT NULL",
};

/** Of the job's present round: whatever goes back to waiting gets a later time. */
const CLAIMED_AT = `CASE WHEN coalesce(leased.claimed_at, job.started_at) >= job.run_at
   THEN coalesce(leased.claimed_at, job.started_at) END`;
const WAIT_ENDED_AT = `CASE WHEN job.state = 'waiting' AND NOT ${IS_ACTIVE} THEN @now::bigint ELSE ${CLAIMED_AT} END`;
const RUN_ENDED_AT = `CASE WHEN ${IS_ACTIVE} THEN @now::bigint ELSE job.finished_at END`;

const NUMBERS: Readonly<Record<"priority" | "attempts" | "wait" | "run", string>> = {
  priority: "job.priority",
  attempts: `job.attempt + (${IS_ACTIVE})::integer`,
  wait: `CASE WHEN ${WAIT_ENDED_AT} >= job.run_at THEN ${WAIT_ENDED_AT} - job.run_at END`,
  run: `CASE WHEN ${RUN_ENDED_AT} < ${CLAIMED_AT} THEN 0 ELSE ${RUN_ENDED_AT} - ${CLAIMED_AT} END`,
};

function inRange(value: string, { from, to }: NumberRange, index: number): Asked {
  const asked = [
    ...(from === null ? [] : [`${value} >= @from${index}::float8`]),
    ...(to === null ? [] : [`${value} <= @to${index}::float8`]),
  ];
  const values = { ...(from !== null && { [`from${index}`]: from }), ...(to !== null && { [`to${index}`]: to }) };
  return { text: asked.length === 0 ? `${value} IS NOT NULL` : asked.join(" AND "), values };
}

const TIMES: Readonly<Record<TimeField, string>> = {
  created: "job.created_at",
  finished: "job.finished_at",
  runat: "job.run_at",
};

function timeAsked({ field, range }: { readonly field: TimeField; readonly range: TimeRange }, index: number): Asked {
  if (range.kind === "at") return inRange(TIMES[field], range, index);
  return inRange(`@now::bigint - ${TIMES[field]}`, { from: range.fromMs, to: range.toMs }, index);
}

type TextAsked = (any: readonly TextPattern[], index: number) => Asked;

const exactly =
  (value: string, asksLeases = false): TextAsked =>
  (any, index) => {
    const patterns = any.filter(({ text }) => canBeStored(text)).map(likeOf);
    return { text: `${value} LIKE ANY (@any${index}::text[])`, values: { [`any${index}`]: patterns }, asksLeases };
  };

/** Whatever the case of their letters. */
const alike =
  (value: string): TextAsked =>
  (any, index) => {
    const storable = any.filter(({ text }) => canBeStored(text));
    const isDecided = storable.every(({ text }) => isAscii(text.toLowerCase()));
    const patterns = storable.map(isDecided ? foldedLikeOf : traceOf);
    const text = `jobyard.fold(${value}) LIKE ANY (@any${index}::text[])`;
    return { text, values: { [`any${index}`]: patterns }, undecided: !isDecided };
  };

/** Somewhere in a JSON text. What it writes as a code can be any letter. */
const within =
  (json: string): TextAsked =>
  (any, index) => ({
    text: `${json} IS NOT NULL AND ${tracedIn(json, index)}`,
    values: { [`any${index}`]: any.map(traceOf) },
    undecided: true,
  });

const tracedIn = (json: string, index: number): string =>
  `(jobyard.fold(${json}) LIKE ANY (@any${index}::text[]) OR strpos(${json}, '\\u') > 0)`;

const TEXTS: Readonly<Record<Exclude<TextField, "queue" | "name">, TextAsked>> = {
  id: exactly("job.id"),
  worker: exactly("coalesce(leased.session, job.worker)", true),
  key: exactly("job.dedupe_key"),
  op: exactly("job.last_op"),
  group: alike("job.grp"),
  reason: alike("job.reason"),
  tag: within("job.tags"),
  parent: within("job.parent"),
  error: within("job.errors"),
};

function wordAsked(word: string, index: number, namesWith: (word: string) => readonly number[]): Asked {
  const trace = traceOf({ text: word });
  return {
    text: `jobyard.fold(job.id) LIKE ANY (@any${index}::text[]) OR job.lane = ANY (@lanes${index}::integer[])
           OR (job.errors IS NOT NULL AND ${tracedIn("job.errors", index)})`,
    values: { [`any${index}`]: [trace], [`lanes${index}`]: namesWith(word.toLowerCase()) },
    undecided: true,
  };
}

/** The names on the path and the value stand in the text; numbers on the path may be places in a list. */
function jsonAsked(term: JsonTerm, index: number): Asked {
  const json = `job.${term.field}`;
  const names = term.path.split(".").filter((name) => name !== "" && !/^\d+$/.test(name));
  const paths = names.map((name) => traceOf({ text: name }));
  const values = "any" in term ? term.any.map(traceOf) : ["%"];
  return {
    text: `${json} IS NOT NULL AND ((jobyard.fold(${json}) LIKE ALL (@path${index}::text[])
           AND jobyard.fold(${json}) LIKE ANY (@any${index}::text[])) OR strpos(${json}, '\\u') > 0)`,
    values: { [`path${index}`]: paths, [`any${index}`]: values },
    undecided: true,
  };
}
