/** Where each fault is seeded in the SQLite adapter. */

import type { Patch } from "./fault.ts";

export const SQLITE_FAULTS: Readonly<Record<string, readonly Patch[]>> = {};
