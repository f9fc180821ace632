/** In which states a job has its dedupe key for itself. */

import type { Dedupe } from "../nouns/job.ts";
import type { State } from "../nouns/lifecycle.ts";

const HOLDING_STATES: Readonly<Record<"waiting" | "open", readonly State[]>> = {
  waiting: ["waiting"],
  open: ["waiting", "blocked", "active", "stale"],
};

/** False for keys that are held for a time, which take no notice of states. @param bound - null: the job has no key */
export const holdsKey = (bound: Dedupe["while"] | "for" | null, state: State): boolean =>
  (bound === "waiting" || bound === "open") && HOLDING_STATES[bound].includes(state);
