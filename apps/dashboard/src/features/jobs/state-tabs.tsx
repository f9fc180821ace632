"use client";

import { type Filter, PHASES, type Phase, parseQuery, printQuery } from "@jobyard/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import clsx from "clsx";
import { type ReactNode, useEffect, useMemo, useRef } from "react";
import { PHASE_LOOKS, titleOf } from "@/components/phases";
import { useBackend } from "@/features/session/session";
import { addCounts, printCount, printShortCount } from "@/lib/capped-count";
import { useTRPC } from "@/trpc/client";

/** Shown only if there are such jobs, or if they are asked for. */
const RARE: readonly Phase[] = ["blocked", "stale"];

export interface StateTabsProps {
  readonly filter: Filter;
  readonly onPick: (q: string) => void;
}

/** The phases as filters, each with the number of jobs that match the rest of the search. */
export function StateTabs({ filter, onPick }: StateTabsProps): ReactNode {
  const trpc = useTRPC();
  const backend = useBackend();
  const rest = useMemo(() => filter.filter(({ field }) => field !== "state"), [filter]);
  const phases = useQuery(
    trpc.jobs.phases.queryOptions({ backend, q: printQuery(rest) }, { placeholderData: keepPreviousData }),
  );
  const picked = pickedPhase(filter);
  const counts = phases.data;
  const list = useRef<HTMLElement>(null);
  const counted = counts !== undefined;

  // On a phone not all tabs have room: the picked one is moved to where it can be seen, once the counts have their width.
  useEffect(() => {
    const pressed = counted && picked ? list.current?.querySelector<HTMLElement>('[aria-pressed="true"]') : null;
    if (list.current && pressed)
      list.current.scrollLeft = pressed.offsetLeft - (list.current.clientWidth - pressed.offsetWidth) / 2;
  }, [picked, counted]);

  const tabs = [
    { phase: "all" as const, count: counts && addCounts(Object.values(counts)) },
    ...PHASES.filter((phase) => !RARE.includes(phase) || phase === picked || (counts?.[phase].n ?? 0) > 0).map(
      (phase) => ({
        phase,
        count: counts?.[phase],
      }),
    ),
  ];
  return (
    <nav ref={list} aria-label="By state" className="relative -mx-4 overflow-x-auto px-4 sm:mx-0 sm:px-0">
      <ul className="flex gap-1">
        {tabs.map(({ phase, count }) => {
          const on = picked === phase;
          const look = phase === "all" ? null : PHASE_LOOKS[phase];
          return (
            <li key={phase}>
              <button
                type="button"
                aria-pressed={on}
                onClick={() =>
                  onPick(printQuery(phase === "all" ? rest : [{ not: false, field: "state", any: [phase] }, ...rest]))
                }
                className={clsx(
                  "inline-flex h-8 items-center gap-1.5 whitespace-nowrap rounded-md border px-2.5 font-medium outline-offset-[-2px]",
                  on
                    ? "border-control/60 bg-raised text-ink"
                    : "border-transparent text-ink-2 hover:bg-hover hover:text-ink",
                )}
              >
                {look && <look.icon aria-hidden className={clsx("size-3.5", look.color)} strokeWidth={2.25} />}
                {titleOf(phase)}
                <span title={count && printCount(count)} className="font-normal text-ink-2">
                  {count ? printShortCount(count) : ""}
                </span>
              </button>
            </li>
          );
        })}
      </ul>
    </nav>
  );
}

/** The one phase that the search asks for, `all` if it asks for none, `null` if it is another mixture. */
function pickedPhase(filter: Filter): Phase | "all" | null {
  const terms = filter.filter(({ field }) => field === "state");
  const [term] = terms;
  if (term === undefined) return "all";
  if (terms.length > 1 || term.not || term.field !== "state" || term.any.length !== 1) return null;
  return PHASES.find((phase) => phase === term.any[0]) ?? null;
}

/** The filter of a text; `null` if it cannot be understood. */
export function readFilter(q: string, now: number): Filter | null {
  try {
    return parseQuery(q, now);
  } catch {
    return null;
  }
}
