import type { Phase } from "@jobyard/core";
import clsx from "clsx";
import type { Route } from "next";
import Link from "next/link";
import type { ReactNode } from "react";
import { type Capped, printCount, printShortCount } from "@/lib/capped-count";
import { PHASE_LOOKS, titleOf } from "./phases";

export interface PhaseStripProps {
  readonly counts: Readonly<Record<Phase, Capped>>;
  readonly linkOf: (phase: Phase) => Route;
}

/** In the order of a job's life; the rest only if there are such jobs. */
const ORDER: readonly Phase[] = [
  "waiting",
  "scheduled",
  "blocked",
  "active",
  "retrying",
  "stale",
  "dead",
  "cancelled",
  "completed",
];
const ALWAYS: ReadonlySet<Phase> = new Set<Phase>(["waiting", "active", "retrying", "dead", "completed"]);

/** One number per phase, each a link. Rare phases show only if there are such jobs. */
export function PhaseStrip({ counts, linkOf }: PhaseStripProps): ReactNode {
  const shown = ORDER.filter((phase) => ALWAYS.has(phase) || counts[phase].n > 0);
  return (
    <ul className="grid grid-cols-[repeat(auto-fit,minmax(8.5rem,1fr))] gap-px overflow-clip rounded-lg border border-line bg-line shadow-raised max-sm:grid-cols-2">
      {shown.map((phase) => {
        const { icon: Icon, color } = PHASE_LOOKS[phase];
        const none = counts[phase].n === 0;
        return (
          <li key={phase} className="bg-raised max-sm:last:odd:col-span-2">
            <Link href={linkOf(phase)} className="block px-4 py-3 outline-offset-[-2px] hover:bg-hover">
              <span className={clsx("flex items-center gap-1.5 font-medium", none ? "text-ink-2" : color)}>
                <Icon aria-hidden className="size-3.5" strokeWidth={2.25} />
                {titleOf(phase)}
              </span>
              <span
                title={printCount(counts[phase])}
                className={clsx("mt-0.5 block font-semibold text-xl", none && "font-normal text-ink-3")}
              >
                {printShortCount(counts[phase])}
              </span>
            </Link>
          </li>
        );
      })}
    </ul>
  );
}
