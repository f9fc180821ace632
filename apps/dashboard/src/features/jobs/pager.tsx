import { ChevronLeft, ChevronRight } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "@/components/button";
import { type Capped, printCount, printJobs } from "@/lib/capped-count";

export interface PagerProps {
  readonly total: Capped | null;
  /** Rows that were looked at, if the search stopped before the oldest. */
  readonly searched: number | null;
  readonly previous: string | null;
  readonly next: string | null;
  readonly onTurn: (cursor: string) => void;
}

export function Pager({ total, searched, previous, next, onTurn }: PagerProps): ReactNode {
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-2 border-line border-t px-4 py-2 text-ink-2">
      <span>{total && printJobs(total)}</span>
      {searched !== null && <span>The newest {printCount({ n: searched, exact: true })} jobs were searched.</span>}
      <div className="ms-auto flex gap-1">
        <Button look="quiet" disabled={previous === null} onClick={() => previous !== null && onTurn(previous)}>
          <ChevronLeft aria-hidden className="size-4" /> Newer
        </Button>
        <Button look="quiet" disabled={next === null} onClick={() => next !== null && onTurn(next)}>
          Older <ChevronRight aria-hidden className="size-4" />
        </Button>
      </div>
    </div>
  );
}
