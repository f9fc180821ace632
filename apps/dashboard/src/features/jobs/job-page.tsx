"use client";

/** One job: where it stands and why, what happened to it, and what it carries. */

import { phaseOf } from "@jobyard/core";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Fetched } from "@/components/fetched";
import { useNow } from "@/components/now";
import { Panel } from "@/components/panel";
import { useBackend } from "@/features/session/session";
import { useTRPC } from "@/trpc/client";
import { AttemptList } from "./attempt-list";
import { ErrorCard } from "./error-card";
import { ExplainCard } from "./explain-card";
import { JobAside } from "./job-aside";
import { JobHeader } from "./job-header";
import { JobTabs } from "./job-tabs";
import { ProgressCard } from "./progress-card";

export function JobPage({ queue, id }: { readonly queue: string; readonly id: string }): ReactNode {
  const trpc = useTRPC();
  const now = useNow();
  const one = useQuery(trpc.jobs.one.queryOptions({ backend: useBackend(), queue, id }));
  return (
    <Fetched query={one} page>
      {({ job, findings, attempts }) => {
        const last = job.errors.at(-1);
        return (
          <>
            <JobHeader job={job} phase={phaseOf(job, now)} />
            <div className="grid items-start gap-5 xl:grid-cols-[minmax(0,1fr)_20rem]">
              <div className="flex min-w-0 flex-col gap-5">
                <ExplainCard findings={findings} />
                {job.state === "active" && job.progress !== null && <ProgressCard text={job.progress} />}
                {last && job.state !== "completed" && <ErrorCard error={last} title="Last error" />}
                <Panel title="Attempts" side={`${job.attempt} of ${job.maxAttempts}`}>
                  <AttemptList attempts={attempts} />
                </Panel>
                <JobTabs job={job} />
              </div>
              <JobAside job={job} />
            </div>
          </>
        );
      }}
    </Fetched>
  );
}
