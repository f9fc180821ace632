"use client";

import { X } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "@/components/button";
import { useRefusal } from "@/features/session/session";
import { type Capped, printCount, printJobs } from "@/lib/capped-count";
import type { OfferedMove } from "@/server/permissions";
import { MOVE_LOOKS, OFFERED_MOVES } from "./moves";

export interface SelectionBarProps {
  readonly selected: number;
  /** Everything that matches is selected, not only what is on the page. */
  readonly everything: boolean;
  readonly total: Capped | null;
  readonly onEverything: () => void;
  readonly onMove: (move: OfferedMove) => void;
  readonly onClear: () => void;
}

/** What can be done with the selection: along the bottom edge, so that no row moves when it comes. */
export function SelectionBar({
  selected,
  everything,
  total,
  onEverything,
  onMove,
  onClear,
}: SelectionBarProps): ReactNode {
  const refusalOf = useRefusal();
  const more = total !== null && (total.n > selected || !total.exact);
  return (
    <section
      aria-label="Selection"
      className="fixed inset-x-0 bottom-0 z-30 flex flex-wrap items-center gap-x-3 gap-y-2 border-line border-t bg-raised px-3 pt-2.5 pb-[max(0.625rem,env(safe-area-inset-bottom))] shadow-float motion-safe:animate-rise sm:sticky sm:inset-x-auto sm:bottom-4 sm:mx-auto sm:w-fit sm:rounded-xl sm:border sm:px-3 sm:pb-2.5"
    >
      <p aria-live="polite" className="font-medium">
        {everything && total ? `All ${printJobs(total)} that match` : `${selected} selected`}
      </p>
      {!everything && more && total && (
        <Button look="offer" refused={refusalOf("op.run")} onClick={onEverything}>
          Select all {printCount(total)} matching
        </Button>
      )}
      <div className="flex items-center gap-1.5 max-sm:w-full max-sm:*:flex-1">
        {OFFERED_MOVES.map((move) => {
          const { label, icon: Icon, permission } = MOVE_LOOKS[move];
          return (
            <Button key={move} className="max-sm:px-1" refused={refusalOf(permission)} onClick={() => onMove(move)}>
              <Icon aria-hidden className="size-3.5 max-sm:hidden" /> {label}
            </Button>
          );
        })}
      </div>
      <button
        type="button"
        aria-label="Clear the selection"
        onClick={onClear}
        className="inline-flex size-8 items-center justify-center rounded-md text-ink-2 hover:bg-hover max-sm:absolute max-sm:end-2 max-sm:top-1.5"
      >
        <X aria-hidden className="size-4" />
      </button>
    </section>
  );
}
