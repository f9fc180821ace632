import { ChevronLeft, ChevronRight, ChevronsLeft, ChevronsRight } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "@/components/button";
import { type Capped, printCount, printJobs } from "@/lib/capped-count";
import type { Searched } from "./use-rows";

export interface PagerProps {
  readonly total: Capped | null;
  /** If the search stopped before it had seen all. */
  readonly searched: Searched | null;
  /** This is the page that a search begins with. */
  readonly first: boolean;
  readonly previous: string | null;
  readonly next: string | null;
  /** The page with the oldest. */
  readonly last: string | null;
  readonly onTurn: (cursor: string | null) => void;
}

/** How many there are, how far was looked, and the ways to other pages. */
export function Pager({ total, searched, first, previous, next, last, onTurn }: PagerProps): ReactNode {
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-2 border-line border-t px-4 py-2 text-ink-2">
      <span>{total && printTotal(total)}</span>
      {searched && <span role="status">{printSearched(searched, first)}</span>}
      <div className="ms-auto flex gap-1">
        {!first && (
          <Button look="quiet" onClick={() => onTurn(null)}>
            <ChevronsLeft aria-hidden className="size-4" /> Newest
          </Button>
        )}
        <Button look="quiet" disabled={previous === null} onClick={() => previous !== null && onTurn(previous)}>
          <ChevronLeft aria-hidden className="size-4" /> Newer
        </Button>
        <Button
          look={searched ? "offer" : "quiet"}
          disabled={next === null}
          onClick={() => next !== null && onTurn(next)}
        >
          {searched ? "Search older" : "Older"} <ChevronRight aria-hidden className="size-4" />
        </Button>
        {last !== null && !searched && (
          <Button look="quiet" onClick={() => onTurn(last)}>
            Oldest <ChevronsRight aria-hidden className="size-4" />
          </Button>
        )}
      </div>
    </div>
  );
}

/** Of a count that was cut short, what is sure. */
function printTotal(total: Capped): string {
  if (total.exact || total.n >= COUNTED_TO) return printJobs(total);
  return total.n === 0 ? "" : `At least ${printJobs({ n: total.n, exact: true })}`;
}

const COUNTED_TO = 10_000;

/** What was looked at, and that more is there. */
function printSearched({ rows, among }: Searched, first: boolean): string {
  const looked = `Searched ${first ? "the newest" : "another"} ${printCount({ n: rows, exact: true })}`;
  return `${looked}${among === null ? "" : printAmong(among)} jobs; nothing older was looked at.`;
}

/** Three digits say enough of a number that changes all the while. */
function printAmong({ n, exact }: Capped): string {
  const unit = 10 ** Math.max(0, String(n).length - 3);
  const shown = (exact ? Math.round(n / unit) : Math.floor(n / unit)) * unit;
  return ` of ${exact ? "about" : "more than"} ${printCount({ n: shown, exact: true })}`;
}
