import type { Metadata } from "next";
import type { ReactNode } from "react";
import { QueuesPage } from "@/features/queues/queues-page";
import { theRuntime } from "@/server/runtime";
import { getQueryClient, Hydrate, trpc } from "@/trpc/server";

export const metadata: Metadata = { title: "Queues" };

export default async function Page(): Promise<ReactNode> {
  const backend = theRuntime().backend.name;
  const client = getQueryClient();
  await Promise.all([
    client.prefetchQuery(trpc.queues.list.queryOptions({ backend })),
    client.prefetchQuery(trpc.workers.list.queryOptions({ backend })),
  ]);
  return (
    <Hydrate>
      <QueuesPage />
    </Hydrate>
  );
}
