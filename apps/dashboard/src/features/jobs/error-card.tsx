"use client";

import { ChevronRight, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { CopyButton } from "@/components/copy-button";
import { Instant } from "@/components/instant";
import { Panel } from "@/components/panel";
import { ScrollArea } from "@/components/scroll-area";
import { stripAnsi } from "@/lib/strip-ansi";
import type { JobDetail } from "./job-detail";

export interface ErrorCardProps {
  readonly error: JobDetail["errors"][number];
  readonly title: string;
}

/** One failed attempt, with its stack on demand. */
export function ErrorCard({ error, title }: ErrorCardProps): ReactNode {
  const { code, message, stack, attempt, at } = error;
  return (
    <Panel
      title={
        <span className="flex items-center gap-2 text-failed">
          <TriangleAlert aria-hidden className="size-4" /> {title}
        </span>
      }
      side={
        <span>
          attempt {attempt} · <Instant at={at} />
        </span>
      }
    >
      <div className="flex flex-col gap-2 p-4">
        <p className="whitespace-pre-wrap break-words font-medium text-base">{stripAnsi(message)}</p>
        <p className="font-mono text-ink-2 text-xs">{code}</p>
        {stack !== null && (
          <details className="group">
            <summary className="flex w-fit list-none items-center gap-1 rounded text-ink-2 hover:text-ink">
              <ChevronRight aria-hidden className="size-3.5 group-open:rotate-90" /> Stack
            </summary>
            <div className="relative mt-2">
              <span className="absolute end-1 top-1">
                <CopyButton text={stack} label="Copy the stack" />
              </span>
              <ScrollArea
                label="Stack"
                className="max-h-80 overflow-auto rounded-md bg-sunken p-3 pe-10 font-mono text-xs leading-5 whitespace-pre"
              >
                {stripAnsi(stack)}
              </ScrollArea>
            </div>
          </details>
        )}
      </div>
    </Panel>
  );
}
