import type { Metadata } from "next";
import type { ReactNode } from "react";
import { JobPage } from "@/features/jobs/job-page";
import { getQueryClient, Hydrate, trpc } from "@/trpc/server";

type Props = PageProps<"/jobs/[backend]/[queue]/[id]">;

const refOf = async ({ params }: Props): Promise<{ backend: string; queue: string; id: string }> => {
  const { backend, queue, id } = await params;
  return { backend, queue: decodeURIComponent(queue), id: decodeURIComponent(id) };
};

export async function generateMetadata(props: Props): Promise<Metadata> {
  return { title: `Job ${(await refOf(props)).id}` };
}

export default async function Page(props: Props): Promise<ReactNode> {
  const ref = await refOf(props);
  await getQueryClient().prefetchQuery(trpc.jobs.one.queryOptions(ref));
  return (
    <Hydrate>
      <JobPage queue={ref.queue} id={ref.id} />
    </Hydrate>
  );
}
