/** Who paid for which crash, by the events: only a job that its process held alone may be charged for it. */

import type { JobEvent, JobRef } from "@jobyard/core/adapter";
import type { DumpedJob } from "@jobyard/core/testing";

/** Jobs that were charged for the end of a session that held others as well. A rescue ends all leases of a session in one step. */
export function chargedInCompany(jobs: Iterable<DumpedJob>): readonly JobRef[] {
  const crashes = new Map<string, { readonly charged: JobRef[]; jobs: number }>();
  for (const job of jobs)
    for (const { session, at, charged } of rescuesOf(job.events)) {
      const key = `${at} ${session}`;
      const crash = crashes.get(key) ?? { charged: [], jobs: 0 };
      crash.jobs += 1;
      if (charged) crash.charged.push({ queue: job.queue, id: job.id });
      crashes.set(key, crash);
    }
  return [...crashes.values()].flatMap((crash) => (crash.jobs > 1 ? crash.charged : []));
}

interface Rescue {
  readonly session: string;
  readonly at: number;
  readonly charged: boolean;
}

function* rescuesOf(events: readonly JobEvent[]): Iterable<Rescue> {
  let session = "";
  for (const { kind, at, data } of events) {
    const facts = JSON.parse(data ?? "{}") as { readonly worker?: string; readonly charged?: boolean };
    if (kind === "claim") session = facts.worker ?? "";
    if (kind === "rescue") yield { session, at, charged: facts.charged === true };
  }
}
