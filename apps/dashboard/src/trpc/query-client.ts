/** One query client for server and browser: what a server component fetched, the browser does not fetch again. */

import { QueryCache, QueryClient, type QueryClientConfig } from "@tanstack/react-query";

/** @param onError - told of every query that failed */
export const makeQueryClient = (onError?: (error: Error) => void): QueryClient =>
  new QueryClient({
    ...(onError && { queryCache: new QueryCache({ onError }) }),
    defaultOptions: OPTIONS,
  });

const OPTIONS: NonNullable<QueryClientConfig["defaultOptions"]> = {
  // Live hints say when to look again, so time alone is no reason to.
  queries: { staleTime: 30_000, retry: 1 },
};
