"use client";

import clsx from "clsx";
import type { ReactNode } from "react";
import { Button } from "@/components/button";
import { Instant } from "@/components/instant";
import { Skeleton } from "@/components/skeleton";
import { stripAnsi } from "@/lib/strip-ansi";
import { eventText } from "./event-text";
import type { JobDetail } from "./job-detail";
import { useEvents } from "./use-events";

const TONES = { good: "text-completed", bad: "text-failed", plain: "text-ink" } as const;

/** What happened, newest first. */
export function EventList({ job }: { readonly job: JobDetail }): ReactNode {
  const { events, loading, older, showOlder } = useEvents(job);
  if (loading) return <Skeleton className="m-4 h-40" />;
  return (
    <>
      <ol>
        {[...events].reverse().map((event) => {
          const { title, detail, tone } = eventText(event);
          return (
            <li
              key={event.seq}
              className="grid grid-cols-[1.5rem_6.5rem_minmax(0,1fr)] items-baseline gap-x-3 border-line border-b px-4 py-2 last:border-b-0 max-sm:grid-cols-[6.5rem_minmax(0,1fr)]"
            >
              <span className="text-end text-ink-3 max-sm:hidden">{event.seq}</span>
              <Instant at={event.at} as="clock" />
              <span className="min-w-0 break-words">
                <span className={clsx("font-medium", TONES[tone])}>{title}</span>
                {detail !== null && <span className="ms-2 break-words text-ink-2">{stripAnsi(detail)}</span>}
              </span>
            </li>
          );
        })}
      </ol>
      {older > 0 && (
        <div className="border-line border-t p-2">
          <Button look="quiet" onClick={showOlder}>
            Show older ({older})
          </Button>
        </div>
      )}
    </>
  );
}
