import clsx from "clsx";
import { ChevronRight, CirclePause, CircleX, Flag, Gauge, type LucideIcon, PackageX, ServerOff } from "lucide-react";
import Link from "next/link";
import type { ReactNode } from "react";
import { Instant } from "@/components/instant";
import { printJobs } from "@/lib/capped-count";
import { jobsIn, queueLink } from "@/lib/links";
import type { Attention } from "./attention";

const LOOKS: Readonly<Record<Attention["kind"], { readonly icon: LucideIcon; readonly color: string }>> = {
  "no-worker": { icon: ServerOff, color: "text-failed" },
  dead: { icon: CircleX, color: "text-dead" },
  lag: { icon: Gauge, color: "text-retrying" },
  full: { icon: PackageX, color: "text-retrying" },
  stale: { icon: Flag, color: "text-stale" },
  paused: { icon: CirclePause, color: "text-paused" },
};

export interface AttentionListProps {
  readonly items: readonly Attention[];
  readonly backend: string;
}

/** What needs a look, each line a link to where it can be dealt with. */
export function AttentionList({ items, backend }: AttentionListProps): ReactNode {
  return (
    <ul>
      {items.map((item) => {
        const { icon: Icon, color } = LOOKS[item.kind];
        return (
          <li key={`${item.kind} ${item.queue}`} className="border-line border-b last:border-b-0">
            <Link
              href={linkOf(item, backend)}
              className="flex min-h-11 items-center gap-3 px-4 py-2 outline-offset-[-2px] hover:bg-hover"
            >
              <Icon aria-hidden className={clsx("size-4 shrink-0", color)} strokeWidth={2.25} />
              <span className="min-w-0 flex-1 break-words">
                <strong className="font-semibold">{item.queue}</strong> {sentenceOf(item)}
              </span>
              <ChevronRight aria-hidden className="size-4 shrink-0 text-ink-3" />
            </Link>
          </li>
        );
      })}
    </ul>
  );
}

function linkOf({ kind, queue }: Attention, backend: string): ReturnType<typeof queueLink> {
  if (kind === "dead" || kind === "stale") return jobsIn([kind], queue);
  return kind === "lag" ? jobsIn(["waiting"], queue) : queueLink(backend, queue);
}

function sentenceOf({ kind, count, since, by }: Attention): ReactNode {
  const jobs = count === null ? "" : printJobs(count);
  const time = since === null ? null : <Instant at={since} />;
  switch (kind) {
    case "no-worker":
      return (
        <>
          has {jobs} waiting and no worker. The oldest was enqueued {time}.
        </>
      );
    case "dead":
      return <>has {jobs} that failed for good.</>;
    case "lag":
      return (
        <>
          is behind: {jobs} waiting, the oldest enqueued {time}.
        </>
      );
    case "full":
      return <>is full: {jobs} open. New ones are refused.</>;
    case "stale":
      return <>has {jobs} parked for a person to decide.</>;
    case "paused":
      return (
        <>
          was paused {time} by {by}.
        </>
      );
  }
}
