/** What is left in our indexes of jobs that others have deleted. */

import { readingScript, type Script } from "../../script.ts";
import { base } from "../base.lua.ts";

/**
 * KEYS: the root. ARGV[1]: at how many jobs to look, over all queues.
 * Returns `[how many are gone, whether all jobs were looked at]`.
 */
export const danglingScript: Script = readingScript(
  "dangling",
  [base],
  /* lua */ String.raw`
local left, gone, all = tonumber(ARGV[1]), 0, 1
for _, queue in ipairs(rcall('SMEMBERS', R .. 'queues')) do
  local jobs = own_key(queue, 'jobs')
  if rcall('ZCARD', jobs) > left then all = 0 end
  if left > 0 then
    for _, entry in ipairs(rcall('ZRANGE', jobs, 0, left - 1)) do
      left = left - 1
      if rcall('EXISTS', queue_key(queue) .. string.sub(entry, 18)) == 0 then gone = gone + 1 end
    end
  end
end
return { gone, all }
`,
);
