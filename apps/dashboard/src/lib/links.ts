/** Every address of the dashboard is made here, so that names with `/`, `?` or `#` are escaped once and everywhere. */

import { type Filter, type Phase, printQuery } from "@jobyard/core";
import type { Route } from "next";

const part = encodeURIComponent;

export const overviewLink: Route = "/";
export const queuesLink: Route = "/queues";
export const workersLink: Route = "/workers";

export const queueLink = (backend: string, queue: string): Route => `/queues/${part(backend)}/${part(queue)}` as Route;

export const jobLink = (backend: string, ref: { readonly queue: string; readonly id: string }): Route =>
  `/jobs/${part(backend)}/${part(ref.queue)}/${part(ref.id)}` as Route;

export const jobsLink = (filter: Filter = []): Route =>
  (filter.length === 0 ? "/jobs" : `/jobs?q=${part(printQuery(filter))}`) as Route;

/** Jobs of these phases, of one queue if it is given. */
export const jobsIn = (phases: readonly Phase[], queue?: string): Route =>
  jobsLink([
    ...(phases.length === 0 ? [] : [{ not: false, field: "state", any: phases } as const]),
    ...(queue === undefined ? [] : [{ not: false, field: "queue", any: [{ text: queue, glob: false }] } as const]),
  ]);

export const loginLink = (next: string): Route => `/login?next=${part(next)}` as Route;

/** Stands for this site while an address is read as a browser would. */
const HERE = "http://jobyard.invalid";

/**
 * Where to go after the login: a path of this site, whatever the address says.
 *
 * Browsers drop tabs and line breaks, turn `\\` into `/` and resolve dots, so what counts is what their parser makes of it.
 */
export function safeNext(next: string | undefined): Route {
  if (next === undefined || !URL.canParse(next, HERE)) return overviewLink;
  const { origin, pathname, search, hash } = new URL(next, HERE);
  const path = pathname + search + hash;
  return origin === HERE && !path.startsWith("//") ? (path as Route) : overviewLink;
}
