/** I4: an end is the end. */

import { isFinal } from "../../../nouns/lifecycle.ts";
import type { Invariant } from "../cases.ts";
import type { JobFacts } from "../facts.ts";

export const finishedOnce: Invariant = {
  id: "I4",
  name: "finished once",
  says: "a job is completed, buried or cancelled at most once, until an operator requeues it",
  check({ jobs }, cases) {
    for (const job of jobs.values()) cases.judge(twice(job) === null, { job: job.ref }, () => twice(job) ?? "");
  },
};

function twice({ accepted, stored }: JobFacts): string | null {
  const fault = stored?.story.fault;
  if (fault?.kind === "again") return fault.says;
  const leases = new Set<string>();
  for (const { epoch, token, state } of accepted) {
    if (!isFinal(state)) continue;
    const lease = `${epoch} ${token}`;
    if (leases.has(lease)) return `two final ends of epoch ${epoch} were answered with ok`;
    leases.add(lease);
  }
  return null;
}
