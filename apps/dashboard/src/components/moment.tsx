"use client";

import type { ReactNode } from "react";
import { printAgo, printClock, printInstant } from "@/lib/format";
import { useHydrated, useNow } from "./now";

/** The time of day to the millisecond, in the reader's zone; the whole date on hover. */
export function Moment({ at }: { readonly at: number }): ReactNode {
  const now = useNow();
  const hydrated = useHydrated();
  return (
    <time
      dateTime={new Date(at).toISOString()}
      title={hydrated ? printInstant(at) : undefined}
      className="whitespace-nowrap text-ink-2"
    >
      {hydrated ? printClock(at) : printAgo(at, now)}
    </time>
  );
}
