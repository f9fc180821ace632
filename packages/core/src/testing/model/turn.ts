/** Who is next: by the guide's order, or by the store's choice among what it promises. */

import { deepStrictEqual } from "node:assert";
import type { Claim } from "../../contract/adapter.ts";
import { type Entry, isSame } from "./entry.ts";
import type { Turn } from "./work-model.ts";

export const inOrder: Turn = (candidates, room) => candidates.slice(0, room);

/** For stores that promise less than the guide's order: the store's choice is taken if it keeps what is promised. */
export const asAnswered =
  ({ jobs }: Claim): Turn =>
  (candidates, room) => {
    const chosen = jobs
      .flatMap(({ lease }) => candidates.find(({ job }) => isSame(job, lease.ref)) ?? [])
      .slice(0, room);
    deepStrictEqual(chosen.length, Math.min(room, candidates.length), "as many as there are and fit");
    const left = candidates.filter((entry) => !chosen.includes(entry));
    const inTurn = [...chosen, ...left].filter((entry) => entry.plain);
    deepStrictEqual(inTurn.map(placeOf), [...inTurn].sort(byPlace).map(placeOf), "order of jobs that never waited");
    const urgent = Math.min(...left.map(({ job }) => job.priority));
    deepStrictEqual(
      chosen.filter(({ job }) => job.priority > urgent).map(({ job }) => job.id),
      [],
      "less urgent ones",
    );
    return chosen;
  };
const placeOf = ({ job, born }: Entry): string => `${job.priority}:${born}`;
const byPlace = (a: Entry, b: Entry): number => a.job.priority - b.job.priority || a.born - b.born;
