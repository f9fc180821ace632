/** The one clock. */

import type { Instant } from "@jobyard/core/adapter";
import { type None, type Statement, sql } from "../statement.ts";

export const readNow: Statement<None, { readonly now: Instant }> = sql`SELECT jobyard.now_ms() AS now`;
