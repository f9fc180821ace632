/** The line that tells who did what, written in the step that did it. */

import { AUDIT_KIND, type AuditLine, auditLine, type Doer, type JobRef } from "@jobyard/core/adapter";
import { putRecord } from "./records.ts";
import type { Step } from "./step.ts";

/** @param id - new, and later in the order of ids than all before it */
export async function audit(
  step: Step,
  id: string,
  action: AuditLine["action"],
  doer: Doer & { readonly opId?: string },
  target: { readonly queue?: string; readonly refs?: readonly JobRef[] },
): Promise<void> {
  await putRecord(step, AUDIT_KIND, id, auditLine(step.now, action, doer, target));
}
