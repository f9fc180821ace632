import type { Metadata } from "next";
import type { ReactNode } from "react";
import { OverviewPage } from "@/features/overview/overview-page";
import { theRuntime } from "@/server/runtime";
import { getQueryClient, Hydrate, trpc } from "@/trpc/server";

export const metadata: Metadata = { title: "Overview" };

export default async function Page(): Promise<ReactNode> {
  const backend = theRuntime().backend.name;
  await getQueryClient().prefetchQuery(trpc.overview.glance.queryOptions({ backend }));
  return (
    <Hydrate>
      <OverviewPage />
    </Hydrate>
  );
}
