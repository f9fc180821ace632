/** The line that tells who did what, written in the step that did it. */

import { AUDIT_KIND, type AuditLine, auditLine, type Doer } from "../../contract/entries.ts";
import type { Instant, JobRef } from "../../nouns/job.ts";
import { writeRecord } from "./records.ts";
import type { Store } from "./store.ts";

export function audit(
  store: Store,
  now: Instant,
  action: AuditLine["action"],
  options: Doer & { readonly opId?: string },
  target: { readonly queue?: string; readonly refs?: readonly JobRef[] },
): void {
  writeRecord(store, AUDIT_KIND, store.ports.newId(), auditLine(now, action, options, target));
}
