"use client";

import type { ReactNode } from "react";
import { printAgo, printClock, printInstant } from "@/lib/format";
import { useHydrated, useNow } from "./now";

export interface InstantProps {
  readonly at: number;
  /** `ago`: "12 s ago". `clock`: the time of day to the millisecond, in the reader's zone. */
  readonly as?: "ago" | "clock";
}

/** A point in time; the whole date in the reader's zone on hover. */
export function Instant({ at, as = "ago" }: InstantProps): ReactNode {
  const now = useNow();
  const hydrated = useHydrated();
  return (
    <time
      dateTime={new Date(at).toISOString()}
      title={hydrated ? printInstant(at) : undefined}
      className={as === "clock" ? "whitespace-nowrap text-ink-2" : "whitespace-nowrap"}
    >
      {as === "clock" && hydrated ? printClock(at) : printAgo(at, now)}
    </time>
  );
}
