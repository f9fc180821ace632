/** Every invariant there is, in the order of the report. */

import type { Invariant } from "./cases.ts";
import { claimedOnce } from "./invariants/claimed-once.ts";
import { depth } from "./invariants/depth.ts";
import { effect } from "./invariants/effect.ts";
import { effectRows } from "./invariants/effect-rows.ts";
import { epochsRise } from "./invariants/epochs-rise.ts";
import { eventsWhole } from "./invariants/events-whole.ts";
import { fenced } from "./invariants/fenced.ts";
import { finishedOnce } from "./invariants/finished-once.ts";
import { heldBatches } from "./invariants/held-batches.ts";
import { innocents } from "./invariants/innocents.ts";
import { lost } from "./invariants/lost.ts";
import { pauses } from "./invariants/pauses.ts";
import { pills } from "./invariants/pills.ts";
import { rescuedInTime } from "./invariants/rescued-in-time.ts";
import { starts } from "./invariants/starts.ts";
import { streams } from "./invariants/streams.ts";
import { stuck } from "./invariants/stuck.ts";
import { unexpected } from "./invariants/unexpected.ts";
import { uniqueKeys } from "./invariants/unique-keys.ts";

/** I1 to I16 are those of the design; I17 to I19 say what is promised about jobs that kill their worker. */
export const INVARIANTS: readonly Invariant[] = [
  lost,
  unexpected,
  stuck,
  finishedOnce,
  effect,
  fenced,
  claimedOnce,
  epochsRise,
  eventsWhole,
  starts,
  depth,
  uniqueKeys,
  pauses,
  streams,
  rescuedInTime,
  effectRows,
  innocents,
  pills,
  heldBatches,
];
