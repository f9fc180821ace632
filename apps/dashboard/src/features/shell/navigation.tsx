"use client";

import clsx from "clsx";
import Link from "next/link";
import { usePathname } from "next/navigation";
import type { ReactNode } from "react";
import { isOn, PAGES } from "./pages";

/** Down the side on wide screens, along the bottom edge on a phone. */
export function Navigation(): ReactNode {
  const path = usePathname();
  return (
    <nav
      aria-label="Pages"
      className="max-sm:fixed max-sm:inset-x-0 max-sm:bottom-0 max-sm:z-20 max-sm:border-line max-sm:border-t max-sm:bg-raised max-sm:pb-[env(safe-area-inset-bottom)]"
    >
      <ul className="flex sm:flex-col sm:gap-0.5">
        {PAGES.map((page) => {
          const here = isOn(page, path);
          return (
            <li key={page.key} className="max-sm:flex-1">
              <Link
                href={page.href}
                aria-current={here ? "page" : undefined}
                className={clsx(
                  "flex items-center rounded-md font-medium transition-colors max-sm:h-14 max-sm:flex-col max-sm:justify-center max-sm:gap-0.5 max-sm:text-xs sm:h-8 sm:gap-2.5 sm:px-2.5",
                  here ? "text-ink sm:bg-hover" : "text-ink-2 hover:text-ink sm:hover:bg-hover",
                )}
              >
                <page.icon aria-hidden className="size-4 max-sm:size-5" strokeWidth={here ? 2.25 : 1.75} />
                {page.title}
              </Link>
            </li>
          );
        })}
      </ul>
    </nav>
  );
}
