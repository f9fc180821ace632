/** Overdue jobs: never handed out, cancelled where a claim or a sweep meets them. */

import type { Instant } from "../../nouns/job.ts";
import { change } from "./change.ts";
import type { Row, Store } from "./store.ts";

export const isOverdue = (row: Row, now: Instant): boolean => row.job.expiresAt !== null && row.job.expiresAt <= now;

export const expireJob = (store: Store, row: Row, now: Instant): void =>
  change(store, row, now, {
    kind: "expire",
    data: null,
    set: { state: "cancelled", reason: "expired", finishedAt: now },
  });
