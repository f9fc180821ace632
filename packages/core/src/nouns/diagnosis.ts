/** What is well with a store and its workers, and what is not: what `doctor` answers. */

/** In the order in which they are told. */
export const DIAGNOSIS_LEVELS = ["problem", "advice", "ok"] as const;
export type DiagnosisLevel = (typeof DIAGNOSIS_LEVELS)[number];

/** One thing that was looked at. Plain JSON. */
export interface Diagnosis {
  /**
   * Stable, in capitals, and told once: nothing is told by two of a list. Those of an adapter begin with its name
   * (`SQLITE_SCHEMA`), those of core do not.
   */
  readonly code: string;
  /** `problem`: jobs are at risk or do not run. `advice`: it works, and could be better. */
  readonly level: DiagnosisLevel;
  readonly text: string;
  /** Facts behind the text, for people who want to check. */
  readonly evidence: Readonly<Record<string, string | number | boolean | null>>;
  /** What to change. Every problem has one, and nothing that is `ok` does. */
  readonly fix?: string;
}
