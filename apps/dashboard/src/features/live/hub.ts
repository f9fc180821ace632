import "server-only";

/**
 * One watch on the backend for all browsers: hints come in, at most one a second goes out to everybody.
 *
 * A hint says "look again", never what changed, so a reader that was away needs one hint to catch up, a slow
 * reader's backlog is one merged hint, and the load on the database does not grow with the number of tabs.
 */

import { randomUUID } from "node:crypto";
import { QueueError } from "@jobyard/core";
import type { Hint } from "@jobyard/core/adapter";

/** Queues that may have changed; `null`: any. */
export type Changed = readonly string[] | null;

export interface HubEvent {
  /** For resuming: an id that is not the newest means that something was missed. */
  readonly id: string;
  readonly queues: Changed;
}

export interface Hub {
  /**
   * Begins with the state of things: nothing changed, or anything if `lastId` is not the newest. Ends with the signal.
   *
   * @throws QueueError `RATE_LIMITED` if this user has too many streams open
   */
  subscribe(user: string, lastId: string | null, signal: AbortSignal): AsyncGenerator<HubEvent, void>;
  /** This process changed something: everybody is told at once. */
  touch(queues: Changed): void;
  /** Goes up with every hint that was sent. What was read before is worth a look then. */
  version(): number;
  close(): void;
}

export interface HubOptions {
  readonly watch: (onHint: (hint: Hint) => void) => () => void;
  /** Shortest time between two hints. */
  readonly everyMs?: number;
  /** A hint without a cause, for what changes by the clock alone. Also the floor if `watch` misses something. */
  readonly floorMs?: number;
}

const STREAMS_PER_USER = 50;

interface Reader {
  /** What is not yet told; `undefined`: nothing. */
  pending: Changed | undefined;
  wake: () => void;
}

export function createHub({ watch, everyMs = 1_000, floorMs = 10_000 }: HubOptions): Hub {
  const boot = randomUUID().slice(0, 8);
  const readers = new Set<Reader>();
  const streams = new Map<string, number>();
  let seq = 0;
  let waiting: Changed | undefined;
  let timer: NodeJS.Timeout | undefined;

  const idNow = (): string => `${boot}-${seq}`;
  const send = (queues: Changed): void => {
    seq += 1;
    for (const reader of readers) {
      reader.pending = merge(reader.pending, queues);
      reader.wake();
    }
  };
  /** The first hint goes out at once; those that follow within `everyMs` go out together at its end. */
  const calm = (): void => {
    timer = undefined;
    if (waiting === undefined) return;
    const queues = waiting;
    waiting = undefined;
    send(queues);
    timer = setTimeout(calm, everyMs).unref();
  };
  const hint = (queues: Changed): void => {
    waiting = merge(waiting, queues);
    if (timer === undefined) calm();
  };

  const unwatch = watch(({ queues }) => hint(queues));
  const floor = setInterval(() => hint(null), floorMs).unref();

  return {
    touch(queues) {
      clearTimeout(timer);
      waiting = merge(waiting, queues);
      calm();
    },
    version: () => seq,
    close() {
      unwatch();
      clearInterval(floor);
      clearTimeout(timer);
    },
    async *subscribe(user, lastId, signal) {
      const open = streams.get(user) ?? 0;
      if (open >= STREAMS_PER_USER)
        throw new QueueError("RATE_LIMITED", `${user} has ${open} live streams open`, { retryAfterMs: 60_000 });
      streams.set(user, open + 1);
      const reader: Reader = { pending: lastId === null || lastId === idNow() ? [] : null, wake: () => {} };
      const onAbort = (): void => reader.wake();
      signal.addEventListener("abort", onAbort);
      readers.add(reader);
      try {
        while (!signal.aborted) {
          if (reader.pending === undefined)
            await new Promise<void>((resolve) => {
              reader.wake = resolve;
            });
          else {
            const queues = reader.pending;
            reader.pending = undefined;
            yield { id: idNow(), queues };
          }
        }
      } finally {
        readers.delete(reader);
        signal.removeEventListener("abort", onAbort);
        const left = (streams.get(user) ?? 1) - 1;
        if (left > 0) streams.set(user, left);
        else streams.delete(user);
      }
    },
  };
}

function merge(a: Changed | undefined, b: Changed): Changed {
  if (a === undefined) return b;
  return a === null || b === null ? null : [...new Set([...a, ...b])];
}
