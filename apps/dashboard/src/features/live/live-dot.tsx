"use client";

import clsx from "clsx";
import type { ReactNode } from "react";
import { buttonClass } from "@/components/button-class";
import { Hint } from "@/components/hint";
import { useHydrated } from "@/components/now";
import { printClock } from "@/lib/format";
import { type LiveState, useLive } from "./live";

const LOOKS: Readonly<Record<LiveState, { readonly dot: string; readonly about: string }>> = {
  live: { dot: "bg-completed", about: "The page follows what happens." },
  connecting: { dot: "bg-retrying animate-pulse-soft", about: "The stream of changes is being opened." },
  polling: { dot: "bg-retrying", about: "The stream of changes fails; the page looks again every 5 seconds." },
  offline: { dot: "bg-failed", about: "This browser has no network." },
  paused: { dot: "bg-ink-3", about: "You paused it: the page stays as it is." },
};

/** Whether the page is live, as it really is. Pressing it pauses and resumes. */
export function LiveDot(): ReactNode {
  const { state, heardAt, toggle } = useLive();
  const hydrated = useHydrated();
  const { dot, about } = LOOKS[state];
  const heard = hydrated && heardAt !== null ? ` Last heard at ${printClock(heardAt)}.` : "";
  return (
    <Hint text={`${about}${heard} Key: l`}>
      <button
        type="button"
        aria-pressed={state !== "paused"}
        onClick={toggle}
        data-live={state}
        className={buttonClass("quiet")}
      >
        <span aria-hidden className={clsx("size-2 rounded-full", dot)} />
        <span className="sr-only">Live updates: </span>
        {state}
      </button>
    </Hint>
  );
}
