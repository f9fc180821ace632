/** One atomic step on the store, as its parts see it: the connection, the time, the counters, what was touched. */

import type { Instant } from "@jobyard/core/adapter";
import type { Connection } from "./connection.ts";
import { DoneLog } from "./done.ts";
import { LaneBlocks } from "./lane-blocks.ts";
import { Tally } from "./tally.ts";

/** A step that only reads. */
export interface View {
  readonly db: Connection;
  /** One instant for the whole step. */
  readonly now: Instant;
}

export interface Step extends View {
  readonly tally: Tally;
  readonly done: DoneLog;
  readonly blocks: LaneBlocks;
  /** Queues in which something changed, for those who watch; `null`: something that belongs to no queue. */
  readonly touched: Set<string | null>;
  /** Queues that got a job which could be claimed at once: who waits for one in this process is served. */
  readonly offered: Set<string>;
}

/**
 * Runs `work` as one transaction, or as a part of the one that is open.
 *
 * @param clock - read once the write lock is held: so no step is dated before one that was committed earlier
 */
export function takeStep<T>(db: Connection, clock: () => Instant, work: (step: Step) => T): [T, Step["touched"]] {
  return db.write(() => {
    const step: Step = {
      db,
      now: clock(),
      tally: new Tally(db),
      done: new DoneLog(),
      blocks: new LaneBlocks(db),
      touched: new Set(),
      offered: new Set(),
    };
    const answer = work(step);
    step.done.write(db, step.tally);
    step.tally.write();
    return [answer, step.touched];
  });
}
