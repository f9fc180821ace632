/**
 * Times in a query: instants in UTC, and ages.
 *
 * What is written stands for a stretch of time: a date for its day, a time for its minute or second.
 * An age counts back from when the search is run; with a plus it counts ahead.
 */

import { printDuration } from "../../nouns/duration.ts";
import type { NumberRange, TimeRange } from "../../nouns/filter.ts";
import type { Instant } from "../../nouns/job.ts";
import { cutSpan, DURATION } from "./scales.ts";
import type { Operator } from "./tokens.ts";

export const TIME_FORM =
  "a time: <2h (at most two hours old), >7d, <+1h (due within the hour), 2026-11-22, >=2026-11-22T03:00, 03:00..04:00";

/** `null` if the text is no time. @param now - for times of today */
export function readTimeRange(operator: Operator | null, text: string, now: Instant): TimeRange | null {
  if (operator === null && text.includes("..")) return readSpan(text, now);
  const age = readAge(text);
  if (age !== null) return ageRange(operator, age);
  const stretch = readStretch(text, now);
  return stretch && { kind: "at", ...atRange(operator, stretch) };
}

export function printTimeRange(range: TimeRange): string {
  if (range.kind === "at") return printAt(range);
  const { fromMs, toMs } = range;
  if (fromMs === null) return toMs === null ? ".." : `${toMs < 0 ? ">" : "<"}${printAge(toMs)}`;
  if (toMs === null) return `${fromMs < 0 ? "<" : ">"}${printAge(fromMs)}`;
  return fromMs < 0 && toMs === 0 ? printAge(fromMs) : `${printAge(fromMs)}..${printAge(toMs)}`;
}

/** Ms back from now; below 0 is ahead. */
type Age = number;
/** Both ends are part of it. */
interface Stretch {
  readonly start: Instant;
  readonly end: Instant;
}

function readAge(text: string): Age | null {
  const ms = DURATION.read(text.replace(/^\+/, ""));
  if (ms === null) return null;
  return text.startsWith("+") ? -ms + 0 : ms;
}

const printAge = (age: Age): string => (age < 0 ? `+${printDuration(-age)}` : printDuration(age));

/** `<2h` is younger, `<+2h` is nearer ahead: for ages below 0 the operator turns round. */
function ageRange(operator: Operator | null, age: Age): TimeRange | null {
  if (operator === null)
    return age < 0 ? { kind: "age", fromMs: age, toMs: 0 } : { kind: "age", fromMs: null, toMs: age };
  if (operator === "=") return null;
  const younger = operator.startsWith("<") === age >= 0;
  return younger ? { kind: "age", fromMs: null, toMs: age } : { kind: "age", fromMs: age, toMs: null };
}

function readSpan(text: string, now: Instant): TimeRange | null {
  const [first, last] = cutSpan(text);
  const fromMs = first === null ? null : readAge(first);
  const toMs = last === null ? null : readAge(last);
  if (fromMs !== null || toMs !== null) {
    if ((first !== null && fromMs === null) || (last !== null && toMs === null)) return null;
    return { kind: "age", fromMs, toMs };
  }
  const start = first === null ? null : readStretch(first, now);
  const end = last === null ? null : readStretch(last, now);
  if ((first !== null && start === null) || (last !== null && end === null)) return null;
  return { kind: "at", from: start?.start ?? null, to: end?.end ?? null };
}

function atRange(operator: Operator | null, { start, end }: Stretch): NumberRange {
  switch (operator) {
    case ">":
      return { from: end + 1, to: null };
    case ">=":
      return { from: start, to: null };
    case "<":
      return { from: null, to: start - 1 };
    case "<=":
      return { from: null, to: end };
    default:
      return { from: start, to: end };
  }
}

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const SECOND_MS = 1_000;
const WRITTEN =
  /^(?:(?<date>\d{4}-\d\d-\d\d)(?:T(?=\d)|$))?(?:(?<time>(?:[01]\d|2[0-3]):[0-5]\d)(?<second>:[0-5]\d)?(?<ms>(?<=:\d\d:\d\d)\.\d{3})?(?<zone>Z|[+-]\d\d:\d\d)?)?$/;

function readStretch(text: string, now: Instant): Stretch | null {
  const written = WRITTEN.exec(text)?.groups;
  if (!written || text === "") return null;
  const { time, second, ms, zone } = written;
  const date = written["date"] ?? new Date(now).toISOString().slice(0, 10);
  const midnight = Date.parse(`${date}T00:00:00.000Z`);
  // Date.parse takes 30 February for 2 March.
  if (Number.isNaN(midnight) || new Date(midnight).toISOString().slice(0, 10) !== date) return null;
  if (time === undefined) return { start: midnight, end: midnight + DAY_MS - 1 };
  const start = Date.parse(`${date}T${time}${second ?? ":00"}${ms ?? ".000"}${zone ?? "Z"}`);
  if (Number.isNaN(start)) return null;
  return { start, end: start + (ms ? 1 : second ? SECOND_MS : MINUTE_MS) - 1 };
}

function printAt({ from, to }: NumberRange): string {
  if (from === null) return to === null ? ".." : `<${printStart(to + 1)}`;
  if (to === null) return `>=${printStart(from)}`;
  const first = printStart(from);
  const last = printEnd(to);
  return first === last ? first : `${first}..${last}`;
}

const LEVELS = [
  { ms: DAY_MS, chars: 10 },
  { ms: MINUTE_MS, chars: 16 },
  { ms: SECOND_MS, chars: 19 },
  { ms: 1, chars: 23 },
] as const;

/** The coarsest stretch that starts there. */
const printStart = (at: Instant): string => printStretch(at, (ms) => at % ms === 0);
/** The coarsest stretch that ends there. */
const printEnd = (at: Instant): string => printStretch(at, (ms) => (at + 1) % ms === 0);

function printStretch(at: Instant, fits: (ms: number) => boolean): string {
  const level = LEVELS.find(({ ms }) => fits(ms)) ?? LEVELS[3];
  return new Date(at).toISOString().slice(0, level.chars);
}
