/** What is set for a queue as a whole: pause, resume, configure. */

import { type Script, script } from "../script.ts";
import { auditing } from "./audit.lua.ts";
import { stream } from "./base.lua.ts";

/**
 * KEYS: the root. ARGV[1]: msgpack `{queue, by, reason | nil, audit}`.
 * Returns 1, or 0 and changes nothing if the queue was paused before.
 */
export const pauseScript: Script = script(
  "pause",
  [auditing, stream],
  /* lua */ `
local ask = cmsgpack.unpack(ARGV[1])
local Q, ours = queue_key(ask.queue), R .. 'q:' .. ask.queue
if rcall('HEXISTS', Q .. 'meta', 'paused') == 1 then return 0 end
rcall('HSET', Q .. 'meta', 'paused', 1)
rcall('DEL', Q .. 'marker')
emit(Q, 'paused')
rcall('SADD', R .. 'queues', ask.queue)
rcall('HSET', ours, 'paused_at', NOW, 'paused_by', ask.by)
if ask.reason then rcall('HSET', ours, 'paused_reason', ask.reason) else rcall('HDEL', ours, 'paused_reason') end
write_audit(ask.audit, {})
hint(ask.queue)
return 1
`,
);

/**
 * BullMQ 5 kept the waiting jobs of a paused queue in a list of their own; they come back in portions, as a later
 * BullMQ brings them back, also those that an earlier resume left there.
 *
 * KEYS: the root. ARGV[1]: msgpack `{queue, audit}`.
 * Returns whether it was paused, and how many jobs are still kept apart.
 */
export const resumeScript: Script = script(
  "resume",
  [auditing, stream],
  /* lua */ `
local PORTION = 7000
local ask = cmsgpack.unpack(ARGV[1])
local Q = queue_key(ask.queue)
local wait, apart = Q .. 'wait', Q .. 'paused'
local was_paused = rcall('HDEL', Q .. 'meta', 'paused')
if was_paused == 0 and rcall('EXISTS', apart) == 0 then return { 0, 0 } end

if rcall('EXISTS', wait) == 0 then
  if rcall('EXISTS', apart) == 1 then rcall('RENAME', apart, wait) end
else
  local jobs = rcall('LRANGE', apart, 0, PORTION - 1)
  each_thousand(jobs, function(...) rcall('RPUSH', wait, ...) end)
  rcall('LTRIM', apart, #jobs, -1)
end
if rcall('EXISTS', wait, Q .. 'prioritized') > 0 then rcall('ZADD', Q .. 'marker', 0, '0') else mark_delayed(Q) end
-- The marker tells nobody of jobs that are held or parked.
wake(ask.queue)
hint(ask.queue)

if was_paused == 1 then
  emit(Q, 'resumed')
  rcall('HDEL', R .. 'q:' .. ask.queue, 'paused_at', 'paused_by', 'paused_reason')
  write_audit(ask.audit, {})
end
return { was_paused, rcall('LLEN', apart) }
`,
);

/**
 * KEYS: the root. ARGV[1]: msgpack `{queue, was: {max_size | nil, retention | nil}, columns | nil, audit}`; without
 * columns nothing changes.
 * Returns nothing, or what is set by now if that is not \`was\`: `{max_size | null, retention | null}`.
 */
export const configureScript: Script = script(
  "configure",
  [auditing, stream],
  /* lua */ `
local ask = cmsgpack.unpack(ARGV[1])
local ours = R .. 'q:' .. ask.queue
local now = rcall('HMGET', ours, 'max_size', 'retention')
local was, columns = ask.was, ask.columns
if (tonumber(now[1]) or nil) ~= was.max_size or (now[2] or nil) ~= was.retention then return now end
if not columns then return false end
if columns.max_size then rcall('HSET', ours, 'max_size', columns.max_size) else rcall('HDEL', ours, 'max_size') end
rcall('HSET', ours, 'retention', columns.retention)
rcall('SADD', R .. 'queues', ask.queue)
write_audit(ask.audit, {})
hint(ask.queue)
return false
`,
);
