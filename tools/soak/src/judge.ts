/** What a soak has shown: pure, from its samples and its ledgers. */

import { isSame, type Ledger } from "./ledger.ts";
import type { Sample } from "./sample.ts";

export interface Evidence {
  readonly samples: readonly Sample[];
  readonly enqueued: Ledger;
  readonly ran: Ledger;
  /** In the store at the end. */
  readonly left: { readonly open: number; readonly dead: number; readonly completed: number };
  readonly keep: number;
}

/** A quarter of the jobs, in the order in which they were done. */
export interface Quarter {
  readonly samples: number;
  readonly jobsPerSecond: number;
  /** Median, per process. */
  readonly rss: Readonly<Record<string, number>>;
  readonly heap: Readonly<Record<string, number>>;
  /** The most. */
  readonly log: number;
  readonly file: number;
  readonly free: number;
}

export interface Finding {
  readonly promise: string;
  readonly kept: boolean;
  readonly text: string;
}

export interface Verdict {
  readonly quarters: readonly Quarter[];
  readonly findings: readonly Finding[];
}

/** How much more a last quarter may have than the second. The first is for warming up. */
const MAY_GROW = 1.1;
const MiB = 1_048_576;
/** SQLite cuts a log that starts anew to this. */
const LARGEST_LOG = 64 * MiB;
/** So small a file or process grows by a page here and there. */
const SLACK = 4 * MiB;

export function judge(evidence: Evidence): Verdict {
  const quarters = inQuarters(evidence.samples);
  return {
    quarters,
    findings: [
      onceEach(evidence),
      nothingLeft(evidence),
      kept(evidence),
      ...memory(quarters),
      log(quarters),
      file(quarters),
    ],
  };
}

function onceEach({ enqueued, ran }: Evidence): Finding {
  const isKept = isSame(enqueued, ran);
  const same = isKept ? "the same ones" : "not the same ones";
  return {
    promise: "every job that was enqueued ran once",
    kept: isKept,
    text: `${enqueued.count} enqueued, ${ran.count} runs, ${same}`,
  };
}

const nothingLeft = ({ left }: Evidence): Finding => ({
  promise: "nothing is open or dead",
  kept: left.open === 0 && left.dead === 0,
  text: `${left.open} open, ${left.dead} dead`,
});

const kept = ({ left, keep, ran }: Evidence): Finding => ({
  promise: "retention keeps what it should",
  kept: left.completed === Math.min(keep, ran.count),
  text: `${left.completed} completed are kept, of at most ${keep}`,
});

function memory(quarters: readonly Quarter[]): readonly Finding[] {
  const [, second, , last] = quarters;
  return Object.keys(last?.rss ?? {}).map((name) => {
    const [before = 0, after = 0] = [second?.rss[name], last?.rss[name]];
    return {
      promise: `memory of ${name} is flat`,
      kept: after <= MAY_GROW * before,
      text: `${mib(before)} in the second quarter, ${mib(after)} in the last: ${(after / before).toFixed(3)}`,
    };
  });
}

function log(quarters: readonly Quarter[]): Finding {
  const most = Math.max(...quarters.map((quarter) => quarter.log));
  return { promise: "the log is bounded", kept: most <= LARGEST_LOG, text: `${mib(most)} at most` };
}

function file(quarters: readonly Quarter[]): Finding {
  const [, second, , last] = quarters;
  const [before = 0, after = 0] = [second?.file, last?.file];
  return {
    promise: "the file is bounded",
    kept: after <= MAY_GROW * before + SLACK,
    text: `${mib(before)} at most in the second quarter, ${mib(after)} in the last`,
  };
}

export const mib = (bytes: number): string => `${(bytes / MiB).toFixed(1)} MiB`;

function inQuarters(samples: readonly Sample[]): readonly Quarter[] {
  const total = samples.at(-1)?.done ?? 0;
  const quarterOf = ({ done }: Sample): number => Math.min(3, Math.floor((4 * done) / Math.max(1, total)));
  return [0, 1, 2, 3].map((index) => summary(samples.filter((sample) => quarterOf(sample) === index)));
}

function summary(samples: readonly Sample[]): Quarter {
  const [first, last] = [samples[0], samples.at(-1)];
  const seconds = first && last ? (last.ms - first.ms) / 1_000 : 0;
  const names = [...new Set(samples.flatMap(({ processes }) => processes.map(({ name }) => name)))];
  const perProcess = (figure: "rss" | "heap"): Readonly<Record<string, number>> =>
    Object.fromEntries(
      names.map((name) => {
        const own = samples.flatMap(({ processes }) => processes.filter((process) => process.name === name));
        return [name, median(own.map((process) => process[figure]))];
      }),
    );
  return {
    samples: samples.length,
    jobsPerSecond: first && last && seconds > 0 ? (last.done - first.done) / seconds : 0,
    rss: perProcess("rss"),
    heap: perProcess("heap"),
    log: Math.max(0, ...samples.map((sample) => sample.log)),
    file: Math.max(0, ...samples.map((sample) => sample.file)),
    free: Math.max(0, ...samples.map((sample) => sample.free)),
  };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
