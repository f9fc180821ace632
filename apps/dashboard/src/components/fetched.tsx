"use client";

/** What a query has become: its data, a place for it, or what went wrong. What is there stays while it looks again. */

import type { UseQueryResult } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { failureOf } from "@/trpc/failure";
import { ErrorState } from "./error-state";
import { SkeletonRows } from "./skeleton";

export interface FetchedProps<T> {
  readonly query: UseQueryResult<T, unknown>;
  /** The whole page depends on it, so its failure needs a heading. */
  readonly page?: boolean;
  readonly children: (data: T) => ReactNode;
}

export function Fetched<T>({ query, page = false, children }: FetchedProps<T>): ReactNode {
  const { data, error } = query;
  // A query without data forgets its error as soon as it tries again.
  const [known, setKnown] = useState<unknown>(error);
  if (error !== null && error !== known) setKnown(error);
  if (data !== undefined) return children(data);
  const shown = error ?? known;
  if (shown === null) return <SkeletonRows rows={8} />;
  return <ErrorState {...failureOf(shown)} page={page} onRetry={() => void query.refetch()} />;
}
