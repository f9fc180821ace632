import type { Metadata } from "next";
import type { ReactNode } from "react";
import { JobsPage } from "@/features/jobs/jobs-page";
import { loadListParams } from "@/features/jobs/params";
import { theRuntime } from "@/server/runtime";
import { getQueryClient, Hydrate, trpc } from "@/trpc/server";

export const metadata: Metadata = { title: "Jobs" };

export default async function Page({ searchParams }: PageProps<"/jobs">): Promise<ReactNode> {
  const { q, cursor } = await loadListParams(searchParams);
  await getQueryClient().prefetchQuery(trpc.jobs.list.queryOptions({ backend: theRuntime().backend.name, q, cursor }));
  return (
    <Hydrate>
      <JobsPage />
    </Hydrate>
  );
}
