/** The seeded faults, one or more per promise of the semantics that the adapters keep. */

import type { Fault } from "./fault.ts";

export const FAULTS: readonly Fault[] = [];
