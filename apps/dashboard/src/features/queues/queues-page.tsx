"use client";

import { useQuery } from "@tanstack/react-query";
import { Inbox } from "lucide-react";
import type { ReactNode } from "react";
import { EmptyState } from "@/components/empty-state";
import { Fetched } from "@/components/fetched";
import { PageHeader } from "@/components/page-header";
import { Panel } from "@/components/panel";
import { useBackend } from "@/features/session/session";
import { useTRPC } from "@/trpc/client";
import { QueueTable } from "./queue-table";

export function QueuesPage(): ReactNode {
  const trpc = useTRPC();
  const backend = useBackend();
  const queues = useQuery(trpc.queues.list.queryOptions({ backend }));
  const workers = useQuery(trpc.workers.list.queryOptions({ backend }));
  return (
    <>
      <PageHeader title="Queues" />
      <Fetched query={queues}>
        {(list) => (
          <Panel>
            {list.length === 0 ? (
              <EmptyState icon={Inbox} title="No queues yet">
                A queue appears with its first job. Enqueue one with <code className="font-mono">yard.enqueue(…)</code>{" "}
                or <code className="font-mono">npx jobyard enqueue</code>.
              </EmptyState>
            ) : (
              <QueueTable queues={list} workers={workers.data ?? []} />
            )}
          </Panel>
        )}
      </Fetched>
    </>
  );
}
