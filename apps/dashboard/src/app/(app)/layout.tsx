import { cookies, headers } from "next/headers";
import { redirect } from "next/navigation";
import { NuqsAdapter } from "nuqs/adapters/next/app";
import type { ReactNode } from "react";
import { NowProvider } from "@/components/now";
import { LiveProvider } from "@/features/live/live";
import { SessionProvider } from "@/features/session/session";
import { Shell } from "@/features/shell/shell";
import { loginLink } from "@/lib/links";
import { THEME_COOKIE, themeOf } from "@/lib/theme";
import { createContext } from "@/server/context";
import { appRouter } from "@/server/root";
import { createCaller } from "@/server/trpc";
import { Providers } from "@/trpc/client";

export default async function AppLayout({ children }: LayoutProps<"/">): Promise<ReactNode> {
  const requested = await headers();
  const context = createContext(requested);
  if ((await context.whoIs()) === null) redirect(loginLink(requested.get("x-jobyard-path") ?? "/"));
  const me = await createCaller(appRouter)(context).session.me();
  const now = await context.runtime.backend.board.now();
  return (
    <NuqsAdapter>
      <Providers>
        <NowProvider initial={now}>
          <SessionProvider me={me}>
            <LiveProvider>
              <Shell me={me} theme={themeOf((await cookies()).get(THEME_COOKIE)?.value)}>
                {children}
              </Shell>
            </LiveProvider>
          </SessionProvider>
        </NowProvider>
      </Providers>
    </NuqsAdapter>
  );
}
