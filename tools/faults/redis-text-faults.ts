/** Faults that only scripts can have in what they keep of a job: its events, texts and counts, and records. */

import { breaks, type OwnFaults } from "./adapter-patch.ts";
import { chapter, inLua, ownTests, redis } from "./redis-patch.ts";

export const REDIS_TEXT_FAULTS: OwnFaults = {
  "events-before-the-claim": {
    promise: "events that nobody wrote down are there before those that follow them",
    ...breaks(chapter("events"), inLua("job", "adopt(j)\n  write_down(j)", "adopt(j)")),
  },
  "hole-after-a-completion": {
    promise: "a completion is an event also when another one follows it",
    ...breaks(
      chapter("(events|operator's moves|random sequences)"),
      inLua("job", "if j.state == 'completed' and string.sub(written, -1) ~= '!' then", "if false then"),
    ),
  },
  "claim-told-twice": {
    promise: "a claim is one event",
    ...breaks(chapter("events"), inLua("job", "set(j, { 'yc', written })", "set(j, { 'yc', '' })")),
  },
  "trash-without-events": {
    promise: "a restored job has all its events",
    ...breaks(
      ownTests("sweep", "goes with everything that hung on its jobs"),
      inLua("trash", "local TAILS = { '', ':jyev', ':jyerr', ':logs' }", "local TAILS = { '', ':jyerr', ':logs' }"),
    ),
  },
  "errors-cut-at-the-wrong-end": {
    promise: "of many errors the first and the last stay",
    ...breaks(
      chapter("(settle|fidelity)"),
      inLua("settle", "rcall('LSET', key, EACH_END, '')", "rcall('LSET', key, 0, '')"),
    ),
  },
  "null-is-no-result": {
    promise: "a result of null is a result",
    ...breaks(chapter("(settle|fidelity)"), inLua("settle", "if result == 'null' then", "if false then")),
  },
  "payload-through-cjson": {
    promise: "no script reads a payload",
    ...breaks(
      chapter("fidelity"),
      inLua("enqueue", "'data', spec[DATA], 'opts'", "'data', cjson.encode(cjson.decode(spec[DATA])), 'opts'"),
    ),
  },
  "result-through-cjson": {
    promise: "no script reads a result",
    ...breaks(
      chapter("fidelity"),
      inLua(
        "settle",
        "local text, lease, atm = result or 'null',",
        "local text, lease, atm = result and cjson.encode(cjson.decode(result)) or 'null',",
      ),
    ),
  },
  "cancel-survives-the-attempt": {
    promise: "a cancel is for one attempt",
    ...breaks(
      chapter("(settle|every state with every move|random sequences)"),
      inLua("settle", "unset(j, 'yq')\n  if fate.state", "if fate.state"),
      inLua("job", "unset(j, 'yq')\n  set(j, { 'finishedOn', NOW", "set(j, { 'finishedOn', NOW"),
    ),
  },
  "requeue-keeps-the-rescues": {
    promise: "a requeue begins anew",
    ...breaks(
      chapter("(operator's moves|every state with every move|random sequences)"),
      inLua("moves", "'atm', 'stc', 'yr', 'yl', 'ye',", "'atm', 'stc', 'yl', 'ye',"),
    ),
  },
  "undo-forgets-the-attempts": {
    promise: "a requeue that is taken back leaves the job as it was",
    ...breaks(
      ownTests("operate-undo", "comes back to the byte"),
      inLua("moves", "before[field] = j.f[field] end", "if field ~= 'atm' then before[field] = j.f[field] end end"),
    ),
  },
  "undo-of-something-else": {
    promise: "only the last thing that was done can be taken back",
    ...breaks(
      chapter("taking back"),
      inLua("moves", "or undo.op ~= j.f.yz or", "or"),
      inLua(
        "moves",
        "if undo then set(j, { 'yb', undo }) else unset(j, 'yb') end",
        "if undo then set(j, { 'yb', undo }) end",
      ),
    ),
  },
  "record-outlives-its-end": {
    promise: "a record that has ended is none",
    ...breaks(
      chapter("records"),
      inLua("records", "if expires_at ~= '-' and tonumber(expires_at) <= NOW then return 0 end", ""),
    ),
  },
  "record-overwritten": {
    promise: "of two who change one version of a record one wins",
    ...breaks(chapter("records"), inLua("records", "if if_version and if_version ~= version then return nil end", "")),
  },
  "settings-overwritten": {
    promise: "of two who change a queue's settings neither undoes the other",
    ...breaks(
      ownTests("operate-queues", "each changes what the others have left"),
      inLua(
        "queues",
        "if (tonumber(now[1]) or nil) ~= was.max_size or (now[2] or nil) ~= was.retention then return now end",
        "",
      ),
    ),
  },
  "portion-over-the-stack": {
    promise: "no list is too long for Lua's stack",
    ...breaks(
      ownTests("operate-queues", "thousands that were kept apart"),
      inLua(
        "base",
        "for first = 1, #list, 1000 do call(unpack(list, first, math.min(first + 999, #list))) end",
        "call(unpack(list)) call(unpack(list))",
      ),
    ),
  },
  "answers-of-one-portion": {
    promise: "a long call is answered job by job",
    ...breaks(
      ownTests("places", "answered one by one"),
      redis("settle.ts", "answersOf(group, answers[index] ??", "answersOf(group, answers[from + index] ??"),
    ),
  },
};
