/** All scenarios, in the order in which they are run. */

import { diskFull } from "./disk-full.ts";
import { handover } from "./handover.ts";
import { lock } from "./lock.ts";
import type { Scenario } from "./scenario.ts";
import { share } from "./share.ts";
import { storm } from "./storm.ts";

export const SCENARIOS: readonly Scenario[] = [storm, handover, share, lock, diskFull];
