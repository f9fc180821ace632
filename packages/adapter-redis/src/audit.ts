/** The text of an audit line but for what only the store knows: when it was, and which jobs changed. */

import { type AuditLine, auditLine, type Doer } from "@jobyard/core/adapter";

/** What a script fills up; see lua/audit.lua.ts. */
export type AuditFrame = {
  readonly id: string;
  readonly between: string;
  readonly rest: string;
};

const AT = '{"at":0';
const NO_JOBS = '"jobs":[],"count":0';

/** @param id - new, and later in the order of ids than all before it */
export function auditFrame(
  id: string,
  action: AuditLine["action"],
  doer: Doer & { readonly opId?: string },
  queue?: string,
): AuditFrame {
  const text = auditLine(0, action, doer, queue === undefined ? {} : { queue });
  // In a text that somebody chose the quotes are escaped.
  const [before, rest, ...more] = text.split(NO_JOBS);
  if (before === undefined || rest === undefined || more.length > 0 || !before.startsWith(AT))
    throw new Error(`an audit line looks as none did before: ${text}`);
  return { id, between: before.slice(AT.length), rest };
}
