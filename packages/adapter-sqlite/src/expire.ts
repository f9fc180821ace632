/** Overdue jobs: never handed out, cancelled where a claim or a sweep meets them. */

import type { Instant } from "@jobyard/core/adapter";
import { changeJob } from "./change.ts";
import type { JobRow } from "./rows.ts";
import type { Step } from "./step.ts";

export const isOverdue = ({ expires_at }: { readonly expires_at: Instant | null }, now: Instant): boolean =>
  expires_at !== null && expires_at <= now;

export const expireJob = (step: Step, row: JobRow): JobRow =>
  changeJob(step, row, "waiting", {
    kind: "expire",
    data: null,
    set: { state: "cancelled", reason: "expired", finished_at: step.now },
  });
