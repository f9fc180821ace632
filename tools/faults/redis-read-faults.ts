/** Faults in how the Redis adapter looks: walks, counts, and what BullMQ's programs wrote. */

import { breaks, type OwnFaults } from "./adapter-patch.ts";
import { chapter, inLua, ownTests, redis } from "./redis-patch.ts";

export const REDIS_READ_FAULTS: OwnFaults = {
  "walk-loses-its-place": {
    promise: "of jobs of one millisecond none is listed twice and none is passed over",
    ...breaks(
      ownTests("read", "thousands of one ms"),
      inLua("read/walk", "if string.sub(entry, 1, 16) < number then low", "if false then low"),
    ),
  },
  "walk-beyond-its-span": {
    promise: "a search by time ends where the time does",
    ...breaks(
      ownTests("read", "where a search begins and ends"),
      redis("read/walks.ts", "(from === null || at >= from) && (to === null || at <= to)", "true"),
      redis("read/walks.ts", "isEnd || isBeyond ? null", "isEnd ? null"),
    ),
  },
  "sieve-turned": {
    promise: "what a walk passes over is what was not asked for",
    ...breaks(
      ownTests("read", "jobs of some phases are found"),
      inLua("read/walk", "and true or false) == is_any then", "and true or false) ~= is_any then"),
    ),
  },
  "unwritten-events-renumbered": {
    promise: "events that nobody wrote down have numbers as all others",
    ...breaks(chapter("events"), redis("read/jobs.ts", "seq: written + 2 + index", "seq: written + 1 + index")),
  },
  "foreign-queue-unseen": {
    promise: "queues that only BullMQ knows are found",
    ...breaks(
      ownTests("read-foreign", "queues that only BullMQ knows"),
      redis("read/discovery.ts", "this.#found.add(name);", "void name;"),
    ),
  },
  "search-claims-to-be-complete": {
    promise: "a search that cannot come upon all matches says so",
    ...breaks(
      ownTests("read-foreign", "than a search goes through"),
      redis("read/source.ts", "isComplete: found.every(({ isComplete }) => isComplete),", "isComplete: true,"),
    ),
  },
  "parked-counted-as-ahead": {
    promise: "what is put aside waits, and is not scheduled",
    ...breaks(
      chapter("(looking|claim|lists|random sequences)"),
      inLua("read/cards", "far = rcall('ZCOUNT', Q .. 'delayed', FAR, '+inf')", "far = 0"),
    ),
  },
};
