"use client";

import { phaseOf } from "@jobyard/core";
import { createColumnHelper, rowSelectionFeature, tableFeatures } from "@tanstack/react-table";
import Link from "next/link";
import type { ReactNode } from "react";
import { Changing } from "@/components/changing";
import { useNow } from "@/components/now";
import { PhaseBadge } from "@/components/phase-badge";
import { useBackend } from "@/features/session/session";
import { shortId } from "@/lib/format";
import { jobLink } from "@/lib/links";
import { JobFacts, JobTime } from "./job-facts";
import { rememberOpened } from "./last-opened";
import { keyOf } from "./refs";
import type { ShownRow } from "./use-rows";

export const features = tableFeatures({ rowSelectionFeature });

/** Where a cell is shown: names of classes for header and cell alike. */
export const COLUMN_CLASSES: Readonly<Record<string, string>> = {
  select: "w-9 pe-0",
  state: "w-28 max-md:hidden",
  job: "max-w-0 w-1/3 max-md:w-full",
  queue: "max-w-32 truncate max-lg:hidden",
  facts: "max-w-0 w-2/5 truncate max-md:hidden",
  attempts: "w-20 max-md:hidden",
  time: "w-20 whitespace-nowrap",
};

/** Their cells end at the same edge. */
export const NUMERIC_COLUMNS: ReadonlySet<string> = new Set(["attempts", "time"]);

const column = createColumnHelper<typeof features, ShownRow>();

export const columns = column.columns([
  column.display({
    id: "select",
    header: ({ table }) => (
      <input
        type="checkbox"
        aria-label="Select all on this page"
        checked={table.getIsAllRowsSelected()}
        ref={(box) => {
          if (box) box.indeterminate = table.getIsSomeRowsSelected() && !table.getIsAllRowsSelected();
        }}
        onChange={(event) => table.toggleAllRowsSelected(event.target.checked)}
        className="block size-4 accent-focus"
      />
    ),
    cell: ({ row }) => (
      <input
        type="checkbox"
        aria-label={`Select job ${row.original.job.id} ${row.original.job.name}`}
        checked={row.getIsSelected()}
        onChange={row.getToggleSelectedHandler()}
        className="block size-4 accent-focus"
      />
    ),
  }),
  column.display({ id: "state", header: "State", cell: ({ row }) => <State row={row.original} /> }),
  column.display({ id: "job", header: "Job", cell: ({ row }) => <Job row={row.original} /> }),
  column.display({
    id: "queue",
    header: "Queue",
    cell: ({ row }) => <span title={row.original.job.queue}>{row.original.job.queue}</span>,
  }),
  column.display({
    id: "facts",
    header: "Last error or progress",
    cell: ({ row }) => <JobFacts job={row.original.job} />,
  }),
  column.display({
    id: "attempts",
    header: "Attempts",
    cell: ({ row: { original } }) => `${original.job.attempt} of ${original.job.maxAttempts}`,
  }),
  column.display({ id: "time", header: "When", cell: ({ row }) => <Time row={row.original} /> }),
]);

interface CellProps {
  readonly row: ShownRow;
}

function State({ row: { job, gone } }: CellProps): ReactNode {
  const now = useNow();
  const phase = gone ? "deleted" : phaseOf(job, now);
  return (
    <Changing value={phase}>
      {phase === "deleted" ? <span className="text-ink-3">deleted</span> : <PhaseBadge phase={phase} />}
    </Changing>
  );
}

/** On a phone this cell is the whole card: name and id, below them state and error. */
function Job({ row }: CellProps): ReactNode {
  const { job } = row;
  const backend = useBackend();
  return (
    <>
      <span className="flex min-w-0 items-baseline gap-2">
        <Link
          data-row-link={keyOf(job)}
          href={jobLink(backend, job)}
          onClick={() => rememberOpened(keyOf(job))}
          className="min-w-0 truncate rounded font-medium hover:underline"
        >
          {job.name}
        </Link>
        <span title={job.id} className="shrink-0 font-mono text-ink-2 text-xs">
          {shortId(job.id)}
        </span>
      </span>
      <span className="flex min-w-0 items-center gap-2 md:hidden">
        <State row={row} />
        <span className="min-w-0 truncate text-ink-2">
          <JobFacts job={job} />
        </span>
      </span>
    </>
  );
}

function Time({ row: { job } }: CellProps): ReactNode {
  return <JobTime job={job} now={useNow()} />;
}
