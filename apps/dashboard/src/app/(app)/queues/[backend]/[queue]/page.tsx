import type { Metadata } from "next";
import type { ReactNode } from "react";
import { QueuePage } from "@/features/queues/queue-page";
import { getQueryClient, Hydrate, trpc } from "@/trpc/server";

type Props = PageProps<"/queues/[backend]/[queue]">;

/** Here Next has decoded the parameters; for the page it has not. e2e/hostile.spec.ts watches both. */
export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: (await params).queue };
}

export default async function Page({ params }: Props): Promise<ReactNode> {
  const { backend, queue } = await params;
  const name = decodeURIComponent(queue);
  const client = getQueryClient();
  await Promise.all([
    client.prefetchQuery(trpc.queues.one.queryOptions({ backend, queue: name })),
    client.prefetchQuery(trpc.workers.list.queryOptions({ backend })),
  ]);
  return (
    <Hydrate>
      <QueuePage name={name} />
    </Hydrate>
  );
}
