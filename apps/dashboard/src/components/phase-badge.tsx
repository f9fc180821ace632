import type { Phase } from "@jobyard/core";
import clsx from "clsx";
import type { ReactNode } from "react";
import { PHASE_LOOKS } from "./phases";

/** Icon, word and colour of a phase. `strong` gives it a ground of its own. */
export function PhaseBadge({ phase, strong = false }: { readonly phase: Phase; readonly strong?: boolean }): ReactNode {
  const { icon: Icon, color } = PHASE_LOOKS[phase];
  return (
    <span
      className={clsx(
        "inline-flex items-center gap-1.5 whitespace-nowrap align-middle font-medium tracking-normal",
        color,
        strong && "h-6 rounded-full border border-current/25 bg-raised px-2.5",
      )}
    >
      <Icon
        aria-hidden
        className={clsx("size-3.5 shrink-0", phase === "active" && "animate-[spin_3s_linear_infinite]")}
        strokeWidth={2.25}
      />
      {phase}
    </span>
  );
}
