"use client";

import { PHASES, type Phase, type QueueInfo, type WorkerInfo } from "@jobyard/core";
import { useQuery } from "@tanstack/react-query";
import { CircleCheck, Inbox } from "lucide-react";
import { type ReactNode, useMemo } from "react";
import { EmptyState } from "@/components/empty-state";
import { Fetched } from "@/components/fetched";
import { PageHeader } from "@/components/page-header";
import { Panel } from "@/components/panel";
import { PhaseStrip } from "@/components/phase-strip";
import { QueueTable } from "@/features/queues/queue-table";
import { useBackend } from "@/features/session/session";
import { NoWorkers } from "@/features/workers/no-workers";
import { WorkerTable } from "@/features/workers/worker-table";
import { addCounts, type Capped } from "@/lib/capped-count";
import { jobsIn } from "@/lib/links";
import { useTRPC } from "@/trpc/client";
import type { Attention } from "./attention";
import { AttentionList } from "./attention-list";

export function OverviewPage(): ReactNode {
  const trpc = useTRPC();
  const backend = useBackend();
  const glance = useQuery(trpc.overview.glance.queryOptions({ backend }));
  return (
    <Fetched query={glance} page>
      {(data) => <Glance {...data} backend={backend} />}
    </Fetched>
  );
}

interface GlanceProps {
  readonly queues: readonly QueueInfo[];
  readonly workers: readonly WorkerInfo[];
  readonly attention: readonly Attention[];
  readonly backend: string;
}

function Glance({ queues, workers, attention, backend }: GlanceProps): ReactNode {
  const totals = useMemo(() => totalsOf(queues), [queues]);
  return (
    <>
      <PageHeader title="Overview" about={health(queues, workers, attention)} />
      {attention.length > 0 && (
        <Panel title="Needs attention" side={attention.length}>
          <AttentionList items={attention} backend={backend} />
        </Panel>
      )}
      <PhaseStrip counts={totals} linkOf={(phase) => jobsIn([phase])} />
      <Panel title="Queues">
        {queues.length === 0 ? (
          <EmptyState icon={Inbox} title="No jobs yet">
            Enqueue the first with <code className="font-mono">yard.enqueue(…)</code> or{" "}
            <code className="font-mono">npx jobyard enqueue</code>. It appears here by itself.
          </EmptyState>
        ) : (
          <QueueTable queues={queues} workers={workers} />
        )}
      </Panel>
      <Panel title="Workers">{workers.length === 0 ? <NoWorkers /> : <WorkerTable workers={workers} />}</Panel>
    </>
  );
}

/** The state of things in one sentence. */
function health(
  queues: readonly QueueInfo[],
  workers: readonly WorkerInfo[],
  attention: readonly Attention[],
): ReactNode {
  if (attention.length > 0) {
    const affected = new Set(attention.map(({ queue }) => queue)).size;
    return `${plural(affected, "queue")} of ${queues.length} ${affected === 1 ? "needs" : "need"} a look.`;
  }
  return (
    <span className="inline-flex items-center gap-1.5">
      <CircleCheck aria-hidden className="size-4 text-completed" />
      All is well: {plural(queues.length, "queue")}, {plural(workers.length, "worker")}, nothing needs attention.
    </span>
  );
}

const plural = (n: number, word: string): string => `${n} ${word}${n === 1 ? "" : "s"}`;

const totalsOf = (queues: readonly QueueInfo[]): Readonly<Record<Phase, Capped>> =>
  Object.fromEntries(PHASES.map((phase) => [phase, addCounts(queues.map(({ counts }) => counts[phase]))])) as Record<
    Phase,
    Capped
  >;
