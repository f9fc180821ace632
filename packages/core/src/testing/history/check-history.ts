/**
 * Judges a run: did the store keep its promises, whatever was done to it?
 *
 * A pure function of what the processes wrote down and of what the store held in the end.
 */

import { QueueError } from "../../nouns/errors.ts";
import { type Cases, type Invariant, newCases } from "./cases.ts";
import type { Dump, HistoryEntry } from "./entry.ts";
import { type Violation, withEvidence } from "./evidence.ts";
import { emptyFacts, type Facts } from "./facts.ts";
import { figuresOf, type JobCounts, jobCounts, type Latencies, latenciesOf } from "./figures.ts";
import { gather } from "./gather.ts";
import { gatherDump } from "./gather-dump.ts";
import { INVARIANTS } from "./invariants.ts";
import type { HistoryLimits } from "./limits.ts";

/** Plain data: it can be written as JSON as it stands. */
export interface HistoryReport {
  /** True if no invariant was broken and everything happened that had to. */
  readonly ok: boolean;
  readonly entries: number;
  readonly results: readonly InvariantResult[];
  readonly jobs: JobCounts;
  /** By name; see `docs/writing-an-adapter.md`. */
  readonly figures: Readonly<Record<string, number>>;
  readonly latencies: Latencies;
  /** Figures that a run had to reach, and whether it did. */
  readonly required: readonly Requirement[];
}

export interface InvariantResult extends Pick<Invariant, "id" | "name" | "says"> {
  /** How many cases there were. Zero: nothing in this history could have broken it. */
  readonly judged: number;
  readonly broken: number;
  readonly sample: readonly Violation[];
}

export interface Requirement {
  readonly figure: string;
  readonly atLeast: number;
  readonly was: number;
}

const DEFAULT_SAMPLE = 5;

/**
 * @param entries - of all processes, the files one after the other in any order; read a second time if something is wrong
 * @throws QueueError `BAD_OPTION` if entries or jobs can be read only once, or an answer does not fit its question
 */
export function checkHistory(entries: Iterable<HistoryEntry>, dump: Dump, limits: HistoryLimits = {}): HistoryReport {
  refuseOneShot(entries, "entries");
  refuseOneShot(dump.jobs, "dump.jobs");
  const facts = emptyFacts();
  gather(facts, entries);
  gatherDump(facts, dump);
  const judged = INVARIANTS.map((invariant) => ({ invariant, cases: casesOf(invariant, facts, limits) }));
  const findings = judged.flatMap(({ cases }) => cases.sample);
  const violations = withEvidence(findings, entries, dump);
  const figures = figuresOf(facts, new Map(judged.map(({ invariant, cases }) => [invariant.id, cases.broken])));
  const required = Object.entries(limits.atLeast ?? {}).map(([figure, atLeast]) => ({
    figure,
    atLeast,
    was: figures[figure] ?? 0,
  }));
  return {
    ok: judged.every(({ cases }) => cases.broken === 0) && required.every(({ atLeast, was }) => was >= atLeast),
    entries: facts.entries,
    results: judged.map(({ invariant: { id, name, says }, cases }) => ({
      ...{ id, name, says, judged: cases.judged, broken: cases.broken },
      sample: cases.sample.flatMap((finding) => violations.get(finding) ?? []),
    })),
    jobs: jobCounts(facts),
    figures,
    latencies: latenciesOf(facts),
    required,
  };
}

function casesOf(invariant: Invariant, facts: Facts, limits: HistoryLimits): Cases {
  const cases = newCases(limits.sample ?? DEFAULT_SAMPLE);
  invariant.check(facts, cases, limits);
  return cases;
}

/** A generator is empty when it is asked again, and the evidence would be, too. */
function refuseOneShot(list: Iterable<unknown>, field: string): void {
  const reader: unknown = list[Symbol.iterator]();
  if (reader !== list) return;
  throw new QueueError("BAD_OPTION", `${field}: must be readable twice, as an array is`, { field });
}
