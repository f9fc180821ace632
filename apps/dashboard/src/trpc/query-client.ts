/** One query client for server and browser: what a server component fetched, the browser does not fetch again. */

import { QueryCache, QueryClient, type QueryClientConfig } from "@tanstack/react-query";
import { failureOf } from "./failure";

/** @param onError - told of every query that failed */
export const makeQueryClient = (onError?: (error: Error) => void): QueryClient =>
  new QueryClient({
    ...(onError && { queryCache: new QueryCache({ onError }) }),
    defaultOptions: OPTIONS,
  });

const OPTIONS: NonNullable<QueryClientConfig["defaultOptions"]> = {
  // Live hints say when to look again, so time alone is no reason to.
  // A refusal stays one; only an answer that did not come is asked for once more.
  queries: { staleTime: 30_000, retry: (tries, error) => tries < 1 && failureOf(error).code === "INTERNAL" },
};
