"use client";

import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Fetched } from "@/components/fetched";
import { PageHeader } from "@/components/page-header";
import { Panel } from "@/components/panel";
import { useBackend } from "@/features/session/session";
import { useTRPC } from "@/trpc/client";
import { NoWorkers } from "./no-workers";
import { WorkerTable } from "./worker-table";

export function WorkersPage(): ReactNode {
  const trpc = useTRPC();
  const workers = useQuery(trpc.workers.list.queryOptions({ backend: useBackend() }));
  return (
    <>
      <PageHeader title="Workers" />
      <Fetched query={workers}>
        {(list) => <Panel>{list.length === 0 ? <NoWorkers /> : <WorkerTable workers={list} />}</Panel>}
      </Fetched>
    </>
  );
}
