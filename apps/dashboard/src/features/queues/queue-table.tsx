"use client";

import type { Phase, QueueInfo, WorkerInfo } from "@jobyard/core";
import clsx from "clsx";
import Link from "next/link";
import type { ReactNode } from "react";
import { CountLink } from "@/components/count-link";
import { Instant } from "@/components/instant";
import { PHASE_LOOKS, titleOf } from "@/components/phases";
import { rowClass, Table, Td, Th } from "@/components/table";
import { useBackend } from "@/features/session/session";
import { jobsIn, queueLink } from "@/lib/links";
import { PausedBadge } from "./paused-badge";

/** On a phone only the first of these have room. */
const COLUMNS: readonly { readonly phase: Phase; readonly wide: boolean }[] = [
  { phase: "waiting", wide: false },
  { phase: "scheduled", wide: true },
  { phase: "active", wide: false },
  { phase: "retrying", wide: true },
  { phase: "dead", wide: false },
  { phase: "completed", wide: true },
];

export interface QueueTableProps {
  readonly queues: readonly QueueInfo[];
  readonly workers: readonly WorkerInfo[];
}

export function QueueTable({ queues, workers }: QueueTableProps): ReactNode {
  const backend = useBackend();
  return (
    <Table caption="Queues and their jobs">
      <thead>
        <tr>
          <Th>Queue</Th>
          {COLUMNS.map(({ phase, wide }) => (
            <Th key={phase} numeric className={clsx(wide && "max-md:hidden")}>
              {titleOf(phase)}
            </Th>
          ))}
          <Th numeric className="max-lg:hidden">
            Oldest due
          </Th>
          <Th numeric className="max-lg:hidden">
            Workers
          </Th>
        </tr>
      </thead>
      <tbody>
        {queues.map(({ queue, counts, paused, oldestDueAt }) => (
          <tr key={queue} className={rowClass}>
            <Td className="w-full max-w-0 sm:w-1/4">
              <span className="flex items-center gap-2">
                <Link
                  href={queueLink(backend, queue)}
                  className="truncate rounded font-medium hover:underline"
                  title={queue}
                >
                  {queue}
                </Link>
                {paused && <PausedBadge paused={paused} />}
              </span>
            </Td>
            {COLUMNS.map(({ phase, wide }) => (
              <Td key={phase} numeric className={clsx(wide && "max-md:hidden")}>
                <CountLink
                  count={counts[phase]}
                  href={jobsIn([phase], queue)}
                  label={`${phase} in ${queue}`}
                  className={
                    phase === "dead" || phase === "retrying" || phase === "active"
                      ? PHASE_LOOKS[phase].color
                      : "text-ink"
                  }
                />
              </Td>
            ))}
            <Td numeric className="text-ink-2 max-lg:hidden">
              {oldestDueAt === null ? "–" : <Instant at={oldestDueAt} />}
            </Td>
            <Td numeric className="text-ink-2 max-lg:hidden">
              {workersOf(workers, queue).length}
            </Td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}

export const workersOf = (workers: readonly WorkerInfo[], queue: string): readonly WorkerInfo[] =>
  workers.filter((worker) => worker.queues.some((served) => served.queue === queue));
