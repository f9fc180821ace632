/** All scenarios, in the order in which they are run. */

import { cutOff } from "./cut-off.ts";
import { deaf } from "./deaf.ts";
import { diskFull } from "./disk-full.ts";
import { handover } from "./handover.ts";
import { ledger } from "./ledger.ts";
import { lock } from "./lock.ts";
import type { Scenario } from "./scenario.ts";
import { share } from "./share.ts";
import { storm } from "./storm.ts";

export const SCENARIOS: readonly Scenario[] = [storm, ledger, handover, share, lock, diskFull, deaf, cutOff];
