"use client";

import { type Filter, PHASES, type Phase, phaseOf, printQuery } from "@jobyard/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { RowSelectionState } from "@tanstack/react-table";
import { ArrowUp, ListChecks, SearchX } from "lucide-react";
import { useQueryStates } from "nuqs";
import { type ReactNode, useEffect, useEffectEvent, useMemo, useState } from "react";
import { Button } from "@/components/button";
import { EmptyState } from "@/components/empty-state";
import { ErrorState } from "@/components/error-state";
import { useNow } from "@/components/now";
import { PageHeader } from "@/components/page-header";
import { Panel } from "@/components/panel";
import { SkeletonRows } from "@/components/skeleton";
import { BulkDialog, type BulkTarget } from "@/features/operations/bulk-dialog";
import { SearchBar } from "@/features/search/search-bar";
import { useBackend, useRefusal } from "@/features/session/session";
import { addCounts, type Capped } from "@/lib/capped-count";
import { isTyping } from "@/lib/typing";
import type { OfferedMove } from "@/server/permissions";
import { useTRPC } from "@/trpc/client";
import { JobTable } from "./job-table";
import { canMove, MOVE_LOOKS } from "./moves";
import { Pager } from "./pager";
import { listParams } from "./params";
import { keyOf } from "./refs";
import { SelectionBar } from "./selection-bar";
import { readFilter, StateTabs } from "./state-tabs";
import { useMove } from "./use-move";
import { type ShownRow, useRows } from "./use-rows";

const NOTHING: RowSelectionState = {};

export function JobsPage(): ReactNode {
  const [{ q, cursor }, setParams] = useQueryStates(listParams);
  const now = useNow();
  const minute = Math.floor(now / 60_000);
  const filter = useMemo(() => readFilter(q, minute * 60_000), [q, minute]);
  const list = useRows(q, cursor);
  const total = useTotal(filter);
  const refusalOf = useRefusal();

  const [selection, setSelection] = useState(NOTHING);
  const [everything, setEverything] = useState(false);
  const [bulk, setBulk] = useState<BulkTarget | null>(null);
  const clear = (): void => {
    setSelection(NOTHING);
    setEverything(false);
  };
  const mover = useMove(clear);
  const go = (next: { readonly q?: string; readonly cursor?: string | null }): void => {
    clear();
    void setParams({ cursor: null, ...next });
  };

  const picked = list.rows.filter(({ job }) => keyOf(job) in selection);
  const start = (move: OfferedMove): void => {
    const { permission } = MOVE_LOOKS[move];
    if (refusalOf(permission) !== null) return;
    if (everything) setBulk({ kind: "matching", move, q });
    else if (picked.length > 1)
      setBulk({ kind: "picked", move, jobs: picked.map(({ job }) => ({ ref: job, phase: phaseOf(job, now) })) });
    else
      mover.run(
        move,
        picked.map(({ job }) => job),
      );
  };
  const requeueOne = ({ job }: ShownRow): void => {
    if (refusalOf("job.requeue") === null && canMove("requeue", phaseOf(job, now))) mover.run("requeue", [job]);
  };
  useSelectionKeys(picked.length > 0 && bulk === null, { onClear: clear, onRequeue: () => start("requeue") });

  return (
    <>
      <PageHeader title="Jobs" />
      <SearchBar
        q={q}
        onSearch={(next) => go({ q: next })}
        failure={list.failure?.code === "BAD_QUERY" || list.failure?.code === "FORBIDDEN" ? list.failure.message : null}
      />
      {filter && <StateTabs filter={filter} onPick={(next) => go({ q: next })} />}
      <Panel className="overflow-visible">
        {list.newcomers > 0 && (
          <div className="flex justify-center border-line border-b py-1">
            <Button look="offer" onClick={list.showNewcomers}>
              <ArrowUp aria-hidden className="size-3.5" /> {list.newcomers} new {list.newcomers === 1 ? "job" : "jobs"}{" "}
              · Show
            </Button>
          </div>
        )}
        <Body list={list} q={q}>
          <JobTable
            rows={list.rows}
            selection={selection}
            onSelect={(next) => {
              setEverything(false);
              setSelection(next);
            }}
            onRequeue={requeueOne}
          />
        </Body>
        {list.failure === null && (list.rows.length > 0 || cursor !== null || list.searched) && (
          <Pager
            total={total}
            searched={list.searched}
            first={cursor === null}
            previous={list.previous}
            next={list.next}
            last={list.last}
            onTurn={(to) => go({ q, cursor: to })}
          />
        )}
      </Panel>
      {picked.length > 0 && (
        <SelectionBar
          selected={picked.length}
          everything={everything}
          total={total}
          onEverything={() => setEverything(true)}
          onMove={start}
          onClear={clear}
        />
      )}
      {bulk && (
        <BulkDialog
          target={bulk}
          onMovePicked={(move, refs) => mover.run(move, refs)}
          onClose={() => setBulk(null)}
          onStarted={clear}
        />
      )}
    </>
  );
}

interface BodyProps {
  readonly list: ReturnType<typeof useRows>;
  readonly q: string;
  readonly children: ReactNode;
}

function Body({ list, q, children }: BodyProps): ReactNode {
  if (list.failure?.code === "FORBIDDEN")
    return (
      <EmptyState icon={SearchX} title="This search is not for your role">
        Take the term away that the line above names.
      </EmptyState>
    );
  if (list.failure?.code === "BAD_QUERY")
    return (
      <EmptyState icon={SearchX} title="This search cannot be understood">
        Correct it above, or clear it to see all jobs.
      </EmptyState>
    );
  if (list.failure) return <ErrorState {...list.failure} onRetry={list.retry} />;
  if (list.loading) return <SkeletonRows rows={12} />;
  if (list.rows.length > 0) return children;
  if (list.searched)
    return (
      <EmptyState icon={SearchX} title="No job matches so far">
        Go on with older ones below, or narrow the search by a state or a queue.
      </EmptyState>
    );
  return q === "" ? (
    <EmptyState icon={ListChecks} title="No jobs yet">
      Enqueue the first with <code className="font-mono">yard.enqueue(…)</code> or{" "}
      <code className="font-mono">npx jobyard enqueue</code>. It appears here by itself.
    </EmptyState>
  ) : (
    <EmptyState icon={SearchX} title="No job matches">
      Take a term away, or pick another state. New jobs that match appear here by themselves.
    </EmptyState>
  );
}

/** How many match, from the counts of the tabs. */
function useTotal(filter: Filter | null): Capped | null {
  const trpc = useTRPC();
  const backend = useBackend();
  const rest = printQuery((filter ?? []).filter(({ field }) => field !== "state"));
  const phases = useQuery(trpc.jobs.phases.queryOptions({ backend, q: rest }, { placeholderData: keepPreviousData }));
  if (phases.data === undefined || filter === null) return null;
  const asked = (phase: Phase): boolean =>
    filter.every((term) => term.field !== "state" || term.any.includes(phase) !== term.not);
  const counts = phases.data;
  return addCounts(PHASES.filter(asked).map((phase) => counts[phase]));
}

interface SelectionKeys {
  readonly onClear: () => void;
  readonly onRequeue: () => void;
}

function useSelectionKeys(active: boolean, { onClear, onRequeue }: SelectionKeys): void {
  const onKey = useEffectEvent((event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (event.key === "Escape") onClear();
    else if (event.key === "r") onRequeue();
    else return;
    event.preventDefault();
  });
  useEffect(() => {
    if (!active) return;
    const listener = (event: KeyboardEvent): void => onKey(event);
    document.addEventListener("keydown", listener);
    return () => document.removeEventListener("keydown", listener);
  }, [active]);
}
