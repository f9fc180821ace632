/** How an invariant is judged: how many cases were looked at, how many broke it, and the first few of those. */

import type { JobRef } from "../../nouns/job.ts";
import type { Facts } from "./facts.ts";
import type { HistoryLimits } from "./limits.ts";

/** A promise of the store, as a row of a table: report, docs and tests are made from it. */
export interface Invariant {
  readonly id: string;
  readonly name: string;
  /** One sentence: what holds. */
  readonly says: string;
  /** Judges every case there is. */
  check(facts: Facts, cases: Cases, limits: HistoryLimits): void;
}

/** What a case is about. */
export interface Subject {
  readonly job?: JobRef;
  readonly queue?: string;
  readonly session?: string;
}

export interface Finding extends Subject {
  readonly says: string;
}

export interface Cases {
  /** @param says - asked for only if the case broke the invariant and is among the first */
  judge(holds: boolean, subject: Subject, says: () => string): void;
  readonly judged: number;
  readonly broken: number;
  readonly sample: readonly Finding[];
}

export function newCases(sampleSize: number): Cases {
  const sample: Finding[] = [];
  let judged = 0;
  let broken = 0;
  return {
    judge(holds, subject, says) {
      judged += 1;
      if (holds) return;
      broken += 1;
      if (sample.length < sampleSize) sample.push({ ...subject, says: says() });
    },
    get judged() {
      return judged;
    },
    get broken() {
      return broken;
    },
    sample,
  };
}
