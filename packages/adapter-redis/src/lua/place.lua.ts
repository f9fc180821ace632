/** In which of BullMQ's structures a job stands, which is what says its state. */

import { type Part, part } from "../script.ts";

export const place: Part = part(
  [],
  /* lua */ `
-- 'completed', 'failed', 'delayed', 'prioritized', 'waiting-children', 'active', or 'wait' for all that stand in none of
-- these: a LIST is not searched for what may be anywhere in it, but for the short one of the jobs that are active.
-- finished_on: the field finishedOn of the job's hash, or false. started: its processedOn, if that was read: a job
-- without one was never active. false is a field that is not there, nil one that was not read. active: the set of those
-- that are, or nil.
local function place_of(Q, id, finished_on, started, active)
  if finished_on then
    if rcall('ZSCORE', Q .. 'completed', id) then return 'completed' end
    if rcall('ZSCORE', Q .. 'failed', id) then return 'failed' end
  end
  if rcall('ZSCORE', Q .. 'delayed', id) then return 'delayed' end
  if rcall('ZSCORE', Q .. 'prioritized', id) then return 'prioritized' end
  if rcall('ZSCORE', Q .. 'waiting-children', id) then return 'waiting-children' end
  if started == false then return 'wait' end
  if active then return active[id] and 'active' or 'wait' end
  if rcall('LPOS', Q .. 'active', id) then return 'active' end
  return 'wait'
end
`,
);
