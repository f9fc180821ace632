/**
 * What a filter surely asks for, so that a store can start from an index instead of from all jobs.
 *
 * Each answer is a necessary condition and never the whole one: what is found must still pass `matchesFilter`.
 */

import type { Filter, NumberRange, TimeRange } from "../nouns/filter.ts";
import type { Instant } from "../nouns/job.ts";
import { needsAttention, PHASES, type Phase, STATES, type State } from "../nouns/lifecycle.ts";

/** The phases that a match can be in, in the order of `PHASES`; `null` if the filter leaves all of them open. */
export function requiredPhases(filter: Filter): readonly Phase[] | null {
  let open: readonly Phase[] = PHASES;
  for (const term of filter)
    if (term.field === "state") open = open.filter((phase) => term.any.includes(phase) !== term.not);
  return open.length === PHASES.length ? null : open;
}

/** As {@link requiredPhases}, in the words of the store. Empty if nothing can match. */
export function requiredStates(filter: Filter): readonly State[] | null {
  const phases = requiredPhases(filter);
  if (phases === null) return null;
  const states = new Set(phases.map((phase) => (phase === "scheduled" || phase === "retrying" ? "waiting" : phase)));
  return states.size === STATES.length ? null : STATES.filter((state) => states.has(state));
}

/** The one state that a match can be in, if it is one of `ATTENTION_STATES`: a list of it is sorted by when jobs came into it. */
export function attentionStateOf(filter: Filter): State | null {
  const states = requiredStates(filter);
  const only = states?.length === 1 ? states[0] : undefined;
  return only !== undefined && needsAttention(only) ? only : null;
}

/** The only queues that a match can be in; `null` if that is not known. Empty if nothing can match. */
export const requiredQueues = (filter: Filter): readonly string[] | null => exactTexts(filter, "queue");

/** The only ids that a match can have; `null` if that is not known. Empty if nothing can match. */
export const requiredIds = (filter: Filter): readonly string[] | null => exactTexts(filter, "id");

/** Between which instants a match was enqueued; an open side is `null`. */
export function requiredCreated(filter: Filter, now: Instant): NumberRange {
  let { from, to }: NumberRange = { from: null, to: null };
  for (const term of filter) {
    if (term.field !== "created" || term.not) continue;
    const range = instantsOf(term.range, now);
    if (range.from !== null) from = Math.max(from ?? range.from, range.from);
    if (range.to !== null) to = Math.min(to ?? range.to, range.to);
  }
  return { from, to };
}

const instantsOf = (range: TimeRange, now: Instant): NumberRange =>
  range.kind === "at"
    ? range
    : {
        from: range.toMs === null ? null : now - range.toMs,
        to: range.fromMs === null ? null : now - range.fromMs,
      };

function exactTexts(filter: Filter, field: "queue" | "id"): readonly string[] | null {
  let open: readonly string[] | null = null;
  for (const term of filter) {
    if (term.field !== field || term.not || term.any.some((pattern) => pattern.glob)) continue;
    const named = new Set(term.any.map((pattern) => pattern.text));
    open = open === null ? [...named] : open.filter((text) => named.has(text));
  }
  return open;
}
