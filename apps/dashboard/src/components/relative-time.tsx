"use client";

import type { ReactNode } from "react";
import { printAgo, printInstant } from "@/lib/format";
import { useHydrated, useNow } from "./now";

/** "12 s ago"; the absolute time in the reader's zone on hover. */
export function RelativeTime({ at, className }: { readonly at: number; readonly className?: string }): ReactNode {
  const now = useNow();
  const hydrated = useHydrated();
  return (
    <time
      dateTime={new Date(at).toISOString()}
      title={hydrated ? printInstant(at) : undefined}
      className={className ?? "whitespace-nowrap"}
    >
      {printAgo(at, now)}
    </time>
  );
}
