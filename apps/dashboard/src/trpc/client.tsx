"use client";

/** The browser's side of tRPC: calls in batches, hints over server-sent events. */

import { type QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createTRPCClient, httpBatchStreamLink, httpSubscriptionLink, splitLink } from "@trpc/client";
import { createTRPCContext } from "@trpc/tanstack-react-query";
import { type ReactNode, useState } from "react";
import { loginLink } from "@/lib/links";
import type { AppRouter } from "@/server/root";
import { failureOf } from "./failure";
import { makeQueryClient } from "./query-client";

export const { TRPCProvider, useTRPC, useTRPCClient } = createTRPCContext<AppRouter>();

const URL = "/api/trpc";
/** As many as the server takes. */
const MOST_CALLS = 20;

let browserClient: QueryClient | undefined;
function getClient(): QueryClient {
  if (typeof window === "undefined") return makeQueryClient();
  browserClient ??= makeQueryClient(leaveIfLoggedOut);
  return browserClient;
}

export function Providers({ children }: { readonly children: ReactNode }): ReactNode {
  const queryClient = getClient();
  const [client] = useState(() =>
    createTRPCClient<AppRouter>({
      links: [
        splitLink({
          condition: ({ type }) => type === "subscription",
          true: httpSubscriptionLink({ url: URL }),
          false: httpBatchStreamLink({ url: URL, maxItems: MOST_CALLS }),
        }),
      ],
    }),
  );
  return (
    <QueryClientProvider client={queryClient}>
      <TRPCProvider trpcClient={client} queryClient={queryClient}>
        {children}
      </TRPCProvider>
    </QueryClientProvider>
  );
}

function leaveIfLoggedOut(error: Error): void {
  if (failureOf(error).code !== "LOGIN_REQUIRED") return;
  const { pathname, search } = window.location;
  window.location.assign(loginLink(pathname + search));
}
