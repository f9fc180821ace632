/** I12: a dedupe key has one holder. */

import type { State } from "../../../nouns/lifecycle.ts";
import type { Invariant } from "../cases.ts";
import { type Facts, isSound, type JobFacts } from "../facts.ts";
import type { Span } from "../story.ts";

export const uniqueKeys: Invariant = {
  id: "I12",
  name: "a key held once",
  says: 'no two jobs hold the same dedupe key ("waiting" or "open") of a queue at the same time',
  check(facts, cases) {
    for (const [key, holds] of holdsByKey(facts)) {
      holds.sort((a, b) => a.from - b.from || a.to - b.to);
      for (const [index, hold] of holds.entries()) {
        const next = holds[index + 1];
        const overlaps = next !== undefined && next.from < hold.to && next.job !== hold.job;
        cases.judge(
          !overlaps,
          { job: hold.job.ref },
          () => `holds ${key}, as does ${next?.job.ref.id} from ${next?.from}`,
        );
      }
    }
  },
};

interface Hold {
  readonly job: JobFacts;
  readonly from: number;
  readonly to: number;
}

const OPEN: readonly State[] = ["waiting", "blocked", "active", "stale"];

function holdsByKey({ jobs }: Facts): Map<string, Hold[]> {
  const byKey = new Map<string, Hold[]>();
  for (const job of jobs.values()) {
    if (job.dedupe === undefined || typeof job.dedupe.while === "object" || !isSound(job)) continue;
    const states = job.dedupe.while === "waiting" ? ["waiting"] : OPEN;
    const key = `${job.ref.queue}:${job.dedupe.key}`;
    const holds = byKey.get(key) ?? [];
    byKey.set(key, holds);
    holds.push(
      ...job.stored.story.spans.filter(({ state }) => states.includes(state)).map((span) => holdOf(job, span)),
    );
  }
  return byKey;
}

const holdOf = (job: JobFacts, { from, to }: Span): Hold => ({ job, from, to: to ?? Number.POSITIVE_INFINITY });
