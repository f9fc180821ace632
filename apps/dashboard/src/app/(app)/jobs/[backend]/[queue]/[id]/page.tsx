import type { Metadata } from "next";
import type { ReactNode } from "react";
import { JobPage } from "@/features/jobs/job-page";
import { getQueryClient, Hydrate, trpc } from "@/trpc/server";

type Props = PageProps<"/jobs/[backend]/[queue]/[id]">;

/** Here Next has decoded the parameters; for the page it has not. e2e/hostile.spec.ts watches both. */
export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: `Job ${(await params).id}` };
}

export default async function Page({ params }: Props): Promise<ReactNode> {
  const { backend, queue, id } = await params;
  const ref = { queue: decodeURIComponent(queue), id: decodeURIComponent(id) };
  await getQueryClient().prefetchQuery(trpc.jobs.one.queryOptions({ backend, ...ref }));
  return (
    <Hydrate>
      <JobPage {...ref} />
    </Hydrate>
  );
}
