/** What tells that somebody else has written. */

import { type None, type Statement, sql } from "../statement.ts";

/** Changes whenever another connection committed. */
export const dataVersion: Statement<None, { readonly data_version: number }> = sql`
  PRAGMA data_version
`;
