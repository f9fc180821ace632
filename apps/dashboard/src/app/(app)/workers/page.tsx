import type { Metadata } from "next";
import type { ReactNode } from "react";
import { WorkersPage } from "@/features/workers/workers-page";
import { theRuntime } from "@/server/runtime";
import { getQueryClient, Hydrate, trpc } from "@/trpc/server";

export const metadata: Metadata = { title: "Workers" };

export default async function Page(): Promise<ReactNode> {
  const backend = theRuntime().backend.name;
  await getQueryClient().prefetchQuery(trpc.workers.list.queryOptions({ backend }));
  return (
    <Hydrate>
      <WorkersPage />
    </Hydrate>
  );
}
