/** Faults where scripts take a shorter way that holds for most jobs: it is taken where it does not hold. */

import { breaks, type OwnFaults } from "./adapter-patch.ts";
import type { Guard, Patch } from "./fault.ts";
import { inLua, ownTests, redis } from "./redis-patch.ts";

const noticed = (titles: string): Guard => ownTests("shortcuts", titles);

/** Handed over by the enqueue that serves a claim without being read, whatever it is. @param but - what still keeps it from that */
const handedOver = (...but: readonly string[]): Patch =>
  inLua(
    "enqueue",
    "  if not is_rare and looked_at[spec[QUEUE]] then",
    `  if looked_at[spec[QUEUE]] and not (${but.map((what) => `spec[${what}]`).join(" or ")}) then`,
  );

export const REDIS_SHORTCUT_FAULTS: OwnFaults = {
  "fields-not-counted": {
    promise: "what others have added to a job is told to who runs it",
    ...breaks(
      noticed("it has one field more"),
      inLua("claim", " and count == COMMON_FIELDS + (v[6] and 1 or 0) + (v[7] and 1 or 0) then", " then"),
    ),
  },
  "theirs-read-as-ours": {
    promise: "a job of BullMQ's runs as its options say, however few its fields",
    ...breaks(
      noticed("it is BullMQ's, and has as many"),
      inLua("claim", "if v[5] and v[7] ~= ADOPTED and", "if v[7] ~= ADOPTED and"),
    ),
  },
  "adopted-read-as-ours": {
    promise: "a job of BullMQ's that became ours runs as its options say",
    ...breaks(
      noticed("it was BullMQ's, and has as many"),
      inLua("claim", "if v[5] and v[7] ~= ADOPTED and", "if v[5] and"),
    ),
  },
  "oldest-cut-off": {
    promise: "a completion takes no other job out of the active ones",
    ...breaks(
      noticed("of jobs that complete together"),
      inLua("settle", "if oldest.count > 0 and #oldest.ended == oldest.count then", "if oldest.count > 0 then"),
    ),
  },
  "oldest-left-active": {
    promise: "a job that is completed is no longer active",
    ...breaks(
      noticed("of jobs that complete together"),
      inLua("settle", "for _, id in ipairs(oldest.ended) do rcall('LREM', b.active, -1, id) end", ""),
    ),
  },
  "first-attempt-counts-characters": {
    promise: "bytes are those of UTF-8, also of a job that was never read again",
    ...breaks(
      noticed("counts the bytes of its payload"),
      inLua("claim", "plain and #f.data or", "plain and #string.gsub(f.data, '[\\128-\\191]', '') or"),
    ),
  },
  "key-freed-by-who-lost-the-job": {
    promise: "a completion that is refused frees no key",
    ...breaks(
      noticed("one is none of the active ones any more"),
      inLua("settle", "if not oldest.ids[id] and not rcall('LPOS', b.active, id) then return 'lost' end", ""),
    ),
  },
  "served-without-its-expiry": {
    promise: "who is served by an enqueue is told until when the job may begin",
    ...breaks(noticed("tells until when"), handedOver("VERSION", "FACTS", "KEY")),
  },
  "served-without-its-key": {
    promise: "a job that was handed over by its enqueue frees its key",
    ...breaks(noticed("frees a key"), handedOver("VERSION", "FACTS", "EXPIRES_IN")),
  },
  "served-whatever-its-version": {
    promise: "who is served by an enqueue gets only versions that he knows",
    ...breaks(noticed("no version that the claim"), handedOver("FACTS", "EXPIRES_IN", "KEY")),
  },
  "served-without-its-facts": {
    promise: "who is served by an enqueue runs the job as it says",
    ...breaks(noticed("what a job has of its own"), handedOver("VERSION", "EXPIRES_IN", "KEY")),
  },
  "line-believed-empty": {
    promise: "others hear of what an enqueue has not handed over",
    ...breaks(
      noticed("for the rest of its jobs"),
      inLua("claim", "or q.simple and #ids == lengths[q.queue] then", "or lengths[q.queue] then"),
    ),
  },
  "line-as-long-as-before": {
    promise: "others hear of a job before which another one came back",
    ...breaks(
      noticed("if one comes back before it"),
      inLua("claim", "or q.simple and #ids == lengths[q.queue] then", "or #ids == lengths[q.queue] then"),
    ),
  },
  "line-as-long-as-the-call": {
    promise: "others hear of what waited before an enqueue that serves a claim",
    ...breaks(
      noticed("for what waited before"),
      inLua(
        "enqueue",
        "lengths[b.queue] = rcall('LPUSH', line, unpack(wait, first, math.min(first + 999, #wait)))",
        "rcall('LPUSH', line, unpack(wait, first, math.min(first + 999, #wait)))\n      lengths[b.queue] = #wait",
      ),
    ),
  },
  "rest-not-told": {
    promise: "others hear of what a claim has left",
    ...breaks(
      noticed("for (the rest of its jobs|what waited before)"),
      inLua(
        "claim",
        "if q.concurrency then beside().mark_ready(q.Q) else rcall('ZADD', q.Q .. 'marker', 0, '0') end",
        "",
      ),
    ),
  },
  "served-for-every-queue": {
    promise: "an enqueue that serves a claim wakes others for all other queues",
    ...breaks(
      noticed("that the claim did not ask for"),
      inLua(
        "claim",
        "for _, asked in ipairs(ask.queues) do looked_at[asked[1]] = true end",
        "setmetatable(looked_at, { __index = function() return true end })",
      ),
    ),
  },
  "served-and-others-woken": {
    promise: "nobody is woken for what is taken already",
    ...breaks(
      noticed("wakes nobody for what"),
      inLua("enqueue", "if b.is_ready and not looked_at[b.queue] and", "if b.is_ready and"),
    ),
  },
  "alone-beside-another": {
    promise: "a second job of a session is no suspect alone",
    ...breaks(
      noticed("the job of a session that is lost"),
      inLua("claim", "if holding == 0 and #members == 1 then", "if #members == 1 then"),
    ),
  },
  "alone-in-a-batch": {
    promise: "of several jobs claimed together none is a suspect alone",
    ...breaks(
      noticed("the job of a session that is lost"),
      inLua("claim", "if holding == 0 and #members == 1 then", "if holding == 0 then"),
    ),
  },
  "watcher-is-deaf": {
    promise: "who watches hears",
    ...breaks(noticed("who watches hears"), redis("store.ts", "this.#connections.subscriber.hear(this.#hints);", "")),
  },
  "second-channel-unheard": {
    promise: "who listens hears as well what he asks for later",
    ...breaks(
      noticed("who watches hears"),
      redis(
        "subscriber.ts",
        "if (channels.every((channel) => this.#wanted.has(channel))) return;",
        'if (this.#hearing !== "off") return;',
      ),
    ),
  },
  "second-channel-at-the-heartbeat": {
    promise: "what is asked for later is heard at once",
    ...breaks(noticed("who watches hears"), redis("subscriber.ts", "    this.#ear?.wake();\n", "")),
  },
};
