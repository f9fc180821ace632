"use client";

/**
 * A page of jobs that stays where it is while jobs move on.
 *
 * The rows of a page are fixed when it is opened; their contents follow what happens. Newcomers are counted and
 * wait until they are asked for; a job that no longer matches stays in its place until then, with its new state.
 */

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useBackend } from "@/features/session/session";
import type { Capped } from "@/lib/capped-count";
import { useTRPC } from "@/trpc/client";
import { failureOf } from "@/trpc/failure";
import { keyOf, refOf } from "./refs";
import type { JobRow } from "./router";

export interface ShownRow {
  readonly job: JobRow;
  /** It was removed since the page was opened. */
  readonly gone: boolean;
}

export interface Searched {
  readonly rows: number;
  /** How many there are to look at, if that is known. */
  readonly among: Capped | null;
}

export interface Rows {
  readonly rows: readonly ShownRow[];
  readonly next: string | null;
  readonly previous: string | null;
  readonly last: string | null;
  /** How much was looked at, if the search stopped at its bound. */
  readonly searched: Searched | null;
  readonly newcomers: number;
  readonly showNewcomers: () => void;
  /** Nothing was fetched yet for this search. */
  readonly loading: boolean;
  readonly failure: { readonly code: string; readonly message: string } | null;
  readonly retry: () => void;
}

interface OpenPage {
  readonly of: string;
  readonly items: readonly JobRow[];
  readonly next: string | null;
  readonly previous: string | null;
  readonly last: string | null;
}

const NO_ROWS: readonly JobRow[] = [];

export function useRows(q: string, cursor: string | null): Rows {
  const trpc = useTRPC();
  const backend = useBackend();
  const input = { backend, q, cursor };
  const list = useQuery(trpc.jobs.list.queryOptions(input, { placeholderData: keepPreviousData }));
  const [page, setPage] = useState<OpenPage | null>(null);
  const [failed, setFailed] = useState<{ readonly of: string; readonly error: unknown } | null>(null);

  const of = JSON.stringify(input);
  const fresh = list.isPlaceholderData ? undefined : list.data;
  const open = (): OpenPage | null =>
    fresh ? { of, items: fresh.items, next: fresh.next, previous: fresh.previous, last: fresh.last } : null;
  // Another search or page, or one that was empty: what came is what is shown.
  if (fresh && (page?.of !== of || (page.items.length === 0 && fresh.items.length > 0))) setPage(open());

  // A query without data forgets its error as soon as it tries again.
  if (list.error && (failed?.of !== of || failed.error !== list.error)) setFailed({ of, error: list.error });
  const failure = !fresh && failed?.of === of ? failureOf(failed.error) : null;

  const shown = page?.items ?? NO_ROWS;
  const found = useMemo(() => new Map((fresh?.items ?? NO_ROWS).map((job) => [keyOf(job), job])), [fresh]);
  const current = page?.of === of && fresh !== undefined;
  const left = useMemo(
    () => (current ? shown.filter((job) => !found.has(keyOf(job))) : NO_ROWS),
    [current, shown, found],
  );
  const others = useQuery(
    trpc.jobs.rows.queryOptions(
      { backend, refs: left.map(refOf) },
      { enabled: left.length > 0, placeholderData: keepPreviousData },
    ),
  );
  const rows = useMemo(() => {
    const elsewhere = new Map((others.data ?? NO_ROWS).map((job) => [keyOf(job), job]));
    return shown.map((job) => {
      const now = found.get(keyOf(job)) ?? elsewhere.get(keyOf(job));
      const gone = now === undefined && others.isSuccess && !others.isPlaceholderData && left.includes(job);
      return { job: now ?? job, gone };
    });
  }, [shown, found, left, others.data, others.isSuccess, others.isPlaceholderData]);

  const places = new Set(shown.map(keyOf));
  const newcomers = cursor === null && page?.of === of ? [...found.keys()].filter((key) => !places.has(key)).length : 0;
  return {
    rows,
    next: page?.next ?? null,
    previous: page?.previous ?? null,
    last: page?.last ?? null,
    searched: list.data && !list.data.searched.all ? list.data.searched : null,
    newcomers,
    showNewcomers: () => setPage(open()),
    loading: failure === null && page === null,
    failure,
    retry: () => void list.refetch(),
  };
}
