"use client";

/** What a query has become: its data, a place for it, or what went wrong. Old data stays while new is fetched. */

import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { failureOf } from "@/trpc/client";
import { ErrorState } from "./error-state";
import { SkeletonRows } from "./skeleton";

export interface FetchedProps<T> {
  readonly query: UseQueryResult<T, unknown>;
  /** Instead of the grey rows while nothing is there yet. */
  readonly loading?: ReactNode;
  /** The whole page depends on it, so its failure needs a heading. */
  readonly page?: boolean;
  readonly children: (data: T) => ReactNode;
}

export function Fetched<T>({ query, loading, page = false, children }: FetchedProps<T>): ReactNode {
  if (query.data !== undefined) return children(query.data);
  if (query.error) return <ErrorState {...failureOf(query.error)} page={page} onRetry={() => void query.refetch()} />;
  return loading ?? <SkeletonRows rows={8} />;
}
