"use client";

import { type ReactNode, useMemo } from "react";
import { CopyButton } from "@/components/copy-button";
import { Instant } from "@/components/instant";
import { ScrollArea } from "@/components/scroll-area";
import { Skeleton } from "@/components/skeleton";
import { stripAnsi } from "@/lib/strip-ansi";
import { readText } from "./event-text";
import type { JobDetail } from "./job-detail";
import { useEvents } from "./use-events";

/** The lines that the handler logged, oldest first. */
export function LogList({ job }: { readonly job: JobDetail }): ReactNode {
  const { events, loading, older } = useEvents(job);
  const lines = useMemo(
    () =>
      events
        .filter(({ kind }) => kind === "log")
        .map(({ seq, at, data }) => ({ seq, at, text: stripAnsi(readText(data) ?? "") })),
    [events],
  );
  if (loading) return <Skeleton className="m-4 h-40" />;
  if (lines.length === 0)
    return (
      <p className="p-4 text-ink-2">
        {older > 0 ? "None among the newest events." : "The handler logged nothing. It can, with "}
        {older === 0 && <code className="font-mono">ctx.log(…)</code>}
        {older === 0 && "."}
      </p>
    );
  return (
    <div className="relative">
      <span className="absolute end-2 top-2">
        <CopyButton text={lines.map(({ text }) => text).join("\n")} label="Copy the logs" />
      </span>
      <ScrollArea label="Logs" className="max-h-[60vh] overflow-auto bg-sunken p-3 pe-10 font-mono text-xs leading-5">
        <ol>
          {lines.map(({ seq, at, text }) => (
            <li key={seq} className="flex gap-3">
              <Instant at={at} as="clock" />
              <span className="min-w-0 whitespace-pre-wrap break-words">{text}</span>
            </li>
          ))}
        </ol>
      </ScrollArea>
    </div>
  );
}
