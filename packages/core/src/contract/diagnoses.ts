/** What an examination of any store can find. */

import type { Diagnosis } from "../nouns/diagnosis.ts";
import type { SchemaStatus } from "./adapter.ts";

/** Where the tables are not there, or old. */
export interface Unready {
  /** Says that there are no tables. */
  readonly missing: string;
  /** How to migrate. */
  readonly fix: string;
}

/** Whether the tables are as this installation wants them. @param more - evidence */
export function diagnoseSchema(
  code: string,
  { state, current, wanted }: SchemaStatus,
  unready: Unready,
  more: Diagnosis["evidence"] = {},
): Diagnosis {
  const evidence = { state, current, wanted, ...more };
  switch (state) {
    case "ready":
      return { code, level: "ok", text: `The tables have version ${current}.`, evidence };
    case "new": {
      const text = `The tables have version ${current}, and this installation knows ${wanted}.`;
      return { code, level: "problem", text, evidence, fix: "Upgrade this installation." };
    }
    case "missing":
      return { code, level: "problem", text: unready.missing, evidence, fix: unready.fix };
    case "old": {
      const text = `The tables have version ${current} of ${wanted}.`;
      return { code, level: "problem", text, evidence, fix: unready.fix };
    }
  }
}

/** A check that could not look. */
export const notLookedAt = (code: string, reason: string, fix: string): Diagnosis => ({
  code,
  level: "advice",
  text: `This could not be looked at: ${reason}`,
  evidence: { reason },
  fix,
});
