/** Progress, logs and events of running jobs on their way to the store, coalesced over all jobs of the worker. */

import type { FencedEntry } from "../../../contract/adapter.ts";
import { isQueueError, QueueError } from "../../../nouns/errors.ts";
import type { JsonText } from "../../../nouns/job.ts";
import { createCoalescer } from "../../yard/coalescer.ts";
import { isStoreDown } from "../../yard/store-errors.ts";
import { storeRetryMs } from "../retry.ts";
import type { Shift } from "../shift.ts";
import type { Turn } from "../turn.ts";

export interface EntryWriter {
  /** Resolves once it is stored. @throws QueueError `LEASE_LOST` */
  write(turn: Turn, kind: string, data: JsonText): Promise<void>;
}

const MAX_BATCH = 500;

export function createEntryWriter(shift: Shift): EntryWriter {
  const coalescer = createCoalescer<FencedEntry, boolean>({
    send: (entries) => keepTrying(shift, entries),
    maxBatch: MAX_BATCH,
    alone: (error) => !isStoreDown(error),
  });

  const store = async (turn: Turn, kind: string, data: JsonText): Promise<void> => {
    if (turn.stage === "over") throw leaseLost(turn);
    const written = await coalescer.add({ lease: turn.leased.lease, kind, data });
    if (written) return;
    shift.counts.refused += 1;
    turn.abort("lost", leaseLost(turn));
    throw leaseLost(turn);
  };

  return {
    write: (turn, kind, data) => {
      const stored = store(turn, kind, data);
      // A handler may leave this promise alone; its end waits for it, and a store that fails is still told of.
      turn.lastEntry = stored.catch((error: unknown) => {
        if (!isQueueError(error, "LEASE_LOST")) shift.report(error, "append");
      });
      return stored;
    },
  };
}

export const leaseLost = (turn: Turn): QueueError => {
  const { queue, id } = turn.leased.lease.ref;
  return new QueueError("LEASE_LOST", `${queue}/${id}`);
};

/** A store that is away for a moment does not fail the handler: it waits, as long as the lease lasts, and that is told. */
async function keepTrying(
  { adapter, ports, clock, report }: Shift,
  entries: readonly FencedEntry[],
): Promise<readonly boolean[]> {
  for (let failures = 1; ; failures++) {
    try {
      return await adapter.leaser.append(entries);
    } catch (error) {
      const waitMs = storeRetryMs(failures, ports);
      if (!isStoreDown(error) || ports.monotonic() + waitMs >= clock.validUntil) throw error;
      report(error, "append");
      await ports.sleep(waitMs);
    }
  }
}
