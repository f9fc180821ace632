/** What the processes of a soak say to each other. */

import type { Ledger } from "./ledger.ts";

/** To a child, as JSON in its arguments. */
export interface Task {
  readonly role: "producer" | "worker";
  readonly file: string;
  readonly durability: "power" | "crash";
  readonly payload: number;
  readonly open: number;
}

/** To a producer: so many jobs are done, enqueue up to so many in all. To every child: `stop`. */
export type Order = { readonly kind: "go"; readonly done: number; readonly upTo: number } | { readonly kind: "stop" };

/** From a child, several times a second. */
export interface Note {
  readonly ledger: Ledger;
  readonly rss: number;
  readonly heap: number;
}
