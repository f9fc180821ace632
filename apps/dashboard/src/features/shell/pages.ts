/** The pages of the navigation, each with the letter that leads there after `g`. */

import { Gauge, Inbox, ListChecks, type LucideIcon, Server } from "lucide-react";
import type { Route } from "next";
import { jobsLink, overviewLink, queuesLink, workersLink } from "@/lib/links";

export interface NavigationPage {
  readonly title: string;
  readonly href: Route;
  readonly key: string;
  readonly icon: LucideIcon;
}

export const PAGES: readonly NavigationPage[] = [
  { title: "Overview", href: overviewLink, key: "o", icon: Gauge },
  { title: "Queues", href: queuesLink, key: "q", icon: Inbox },
  { title: "Jobs", href: jobsLink(), key: "j", icon: ListChecks },
  { title: "Workers", href: workersLink, key: "w", icon: Server },
];

export const isOn = (page: NavigationPage, path: string): boolean =>
  page.href === "/" ? path === "/" : path === page.href || path.startsWith(`${page.href}/`);
