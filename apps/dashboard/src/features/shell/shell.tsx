import { Search } from "lucide-react";
import Link from "next/link";
import type { ReactNode } from "react";
import { Kbd } from "@/components/kbd";
import { Toaster } from "@/components/toaster";
import { LiveDot } from "@/features/live/live-dot";
import type { Me } from "@/features/session/session";
import { UserMenu } from "@/features/session/user-menu";
import { jobsLink, overviewLink } from "@/lib/links";
import type { Theme } from "@/lib/theme";
import { Brand } from "./brand";
import { Navigation } from "./navigation";
import { Shortcuts } from "./shortcuts";
import { ThemeButton } from "./theme-button";

export interface ShellProps {
  readonly me: Me;
  readonly theme: Theme;
  readonly children: ReactNode;
}

/** What stands around every page: top bar, navigation, messages, keys. */
export function Shell({ me, theme, children }: ShellProps): ReactNode {
  return (
    <>
      <a
        href="#main"
        className="sr-only focus:not-sr-only focus:fixed focus:start-3 focus:top-3 focus:z-50 focus:rounded-md focus:bg-ink focus:px-3 focus:py-2 focus:text-on-ink"
      >
        Skip to the page
      </a>
      {me.insecure && (
        <p className="bg-failed px-4 py-1.5 text-center font-medium text-on-ink">
          This page travels over plain http: anyone on the network between can read and change it.
        </p>
      )}
      <header className="sticky top-0 z-20 flex h-12 items-center gap-2 border-line border-b bg-raised px-3 sm:px-4">
        <Link href={overviewLink} aria-label="Jobyard, overview" className="rounded-md pe-2">
          <Brand />
        </Link>
        <span
          className="rounded-full border border-line px-2 text-ink-2 text-xs leading-5 max-sm:hidden"
          title="Backend"
        >
          {me.backend.name} · {me.backend.kind}
        </span>
        <Link
          href={jobsLink()}
          className="mx-auto flex h-8 w-full max-w-sm items-center gap-2 rounded-md border border-line bg-page px-2.5 text-ink-2 hover:border-control max-md:hidden"
        >
          <Search aria-hidden className="size-4" /> Search jobs
          <span className="ms-auto">
            <Kbd>/</Kbd>
          </span>
        </Link>
        <div className="flex items-center max-md:ms-auto">
          <LiveDot />
          <ThemeButton initial={theme} />
          <UserMenu />
        </div>
      </header>
      <div className="mx-auto flex w-full max-w-[96rem]">
        <aside className="sticky top-12 h-[calc(100dvh-3rem)] shrink-0 max-sm:contents sm:w-44 sm:border-line sm:border-e sm:p-3 lg:w-52">
          <Navigation />
        </aside>
        <main
          id="main"
          tabIndex={-1}
          className="flex min-w-0 flex-1 flex-col gap-5 px-4 py-5 pb-24 outline-none sm:px-6 sm:pb-16"
        >
          {children}
        </main>
      </div>
      <Shortcuts />
      <Toaster />
    </>
  );
}
