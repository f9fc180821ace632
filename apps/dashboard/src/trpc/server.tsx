import "server-only";

/** What pages use to fetch before they render: the same procedures with the same checks, without a round trip. */

import { dehydrate, HydrationBoundary, type QueryClient } from "@tanstack/react-query";
import { createTRPCOptionsProxy, type TRPCOptionsProxy } from "@trpc/tanstack-react-query";
import { headers } from "next/headers";
import { cache, type ReactNode } from "react";
import { createContext } from "@/server/context";
import { type AppRouter, appRouter } from "@/server/root";
import { makeQueryClient } from "./query-client";

export const getQueryClient: () => QueryClient = cache(() => makeQueryClient());

export const trpc: TRPCOptionsProxy<AppRouter> = createTRPCOptionsProxy({
  ctx: async () => createContext(await headers()),
  router: appRouter,
  queryClient: getQueryClient,
});

/** Hands over to the browser what was fetched. */
export function Hydrate({ children }: { readonly children: ReactNode }): ReactNode {
  return <HydrationBoundary state={dehydrate(getQueryClient())}>{children}</HydrationBoundary>;
}
