"use client";

import { useQuery } from "@tanstack/react-query";
import { ListChecks } from "lucide-react";
import Link from "next/link";
import type { ReactNode } from "react";
import { buttonClass } from "@/components/button-class";
import { DefinitionList } from "@/components/definition-list";
import { Fetched } from "@/components/fetched";
import { Instant } from "@/components/instant";
import { PageHeader } from "@/components/page-header";
import { Panel } from "@/components/panel";
import { PhaseStrip } from "@/components/phase-strip";
import { useBackend } from "@/features/session/session";
import { NoWorkers } from "@/features/workers/no-workers";
import { WorkerTable } from "@/features/workers/worker-table";
import { jobsIn } from "@/lib/links";
import { useTRPC } from "@/trpc/client";
import { JobTypes } from "./job-types";
import { PauseButton } from "./pause-button";
import { PausedBadge } from "./paused-badge";
import { workersOf } from "./queue-table";
import { settingsEntries } from "./settings-entries";

export function QueuePage({ name }: { readonly name: string }): ReactNode {
  const trpc = useTRPC();
  const backend = useBackend();
  const one = useQuery(trpc.queues.one.queryOptions({ backend, queue: name }));
  const workers = useQuery(trpc.workers.list.queryOptions({ backend }));
  return (
    <Fetched query={one} page>
      {({ queue, types }) => {
        const serving = workersOf(workers.data ?? [], name);
        return (
          <>
            <PageHeader
              title={name}
              badge={<span role="status">{queue.paused && <PausedBadge paused={queue.paused} />}</span>}
              about={
                queue.paused && (
                  <>
                    Paused <Instant at={queue.paused.at} /> by {queue.paused.by}
                    {queue.paused.reason !== null && <>: {queue.paused.reason}</>}
                  </>
                )
              }
            >
              <Link href={jobsIn([], name)} className={buttonClass()}>
                <ListChecks aria-hidden className="size-3.5" /> Its jobs
              </Link>
              <PauseButton queue={queue} />
            </PageHeader>
            <PhaseStrip counts={queue.counts} linkOf={(phase) => jobsIn([phase], name)} />
            <div className="grid gap-5 lg:grid-cols-2">
              <Panel title="Job types">
                <JobTypes types={types} queue={name} />
              </Panel>
              <Panel title="Settings" className="self-start">
                <div className="p-4">
                  <DefinitionList entries={settingsEntries(queue)} />
                </div>
              </Panel>
            </div>
            <Panel title="Workers">
              {serving.length === 0 ? <NoWorkers queue={name} /> : <WorkerTable workers={serving} />}
            </Panel>
          </>
        );
      }}
    </Fetched>
  );
}
