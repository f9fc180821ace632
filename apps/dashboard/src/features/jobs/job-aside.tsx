"use client";

import Link from "next/link";
import type { ReactNode } from "react";
import { DefinitionList } from "@/components/definition-list";
import { Elapsed } from "@/components/elapsed";
import { Instant } from "@/components/instant";
import { Panel } from "@/components/panel";
import { useBackend } from "@/features/session/session";
import { printDuration, shortId } from "@/lib/format";
import { jobLink, jobsLink, queueLink } from "@/lib/links";
import type { JobDetail } from "./job-detail";

/** The job's facts, beside everything else. */
export function JobAside({ job }: { readonly job: JobDetail }): ReactNode {
  const backend = useBackend();
  const time = (at: number | null): ReactNode => (at === null ? null : <Instant at={at} />);
  return (
    <Panel title="Facts" className="xl:sticky xl:top-17">
      <div className="p-4">
        <DefinitionList
          entries={[
            [
              "Queue",
              <Link key="queue" href={queueLink(backend, job.queue)} className="rounded font-medium hover:underline">
                {job.queue}
              </Link>,
            ],
            [
              "Type",
              <Link
                key="type"
                href={jobsLink([{ not: false, field: "name", any: [{ text: job.name, glob: false }] }])}
                className="rounded font-medium hover:underline"
              >
                {job.name}
              </Link>,
            ],
            ["Enqueued", time(job.createdAt)],
            ["Due", time(job.runAt)],
            ["Started", time(job.startedAt)],
            ["Finished", time(job.finishedAt)],
            [
              "Ran for",
              job.startedAt !== null && (job.finishedAt !== null || job.state === "active") ? (
                <Elapsed from={job.startedAt} to={job.finishedAt} />
              ) : null,
            ],
            ["Expires", time(job.expiresAt)],
            ["Cancelled because", job.reason],
            [
              "Worker",
              job.worker && (
                <span key="worker" title={job.worker} className="font-mono text-xs">
                  {shortId(job.worker)}
                </span>
              ),
            ],
            ["Lease until", time(job.leaseUntil)],
            ["Priority", job.priority],
            ["Timeout", job.timeoutMs === null ? null : printDuration(job.timeoutMs)],
            ["Rescues", job.rescues === 0 ? null : job.rescues],
            ["Tags", job.tags.length === 0 ? null : job.tags.join(", ")],
            ["Group", job.group],
            ["Dedupe key", job.dedupeKey],
            [
              "Follows",
              job.parent && (
                <Link
                  key="parent"
                  href={jobLink(backend, job.parent)}
                  className="break-all rounded font-mono text-xs hover:underline"
                >
                  {job.parent.queue}/{job.parent.id}
                </Link>
              ),
            ],
          ]}
        />
      </div>
    </Panel>
  );
}
