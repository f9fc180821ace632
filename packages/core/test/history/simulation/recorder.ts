/** The history of a simulated run, in the order in which things happened, and the calls that join it. */

import type { Receipt, Settled, Settlement } from "../../../src/contract/adapter.ts";
import type {
  AskedJob,
  AskedSettlement,
  EnqueueAnswer,
  HistoryEntry,
  SettleAnswer,
  Stamp,
} from "../../../src/testing/history/entry.ts";
import type { ManualPorts } from "../../../src/testing/manual-ports.ts";

type Unstamped<T> = T extends unknown ? Omit<T, keyof Stamp> : never;

export interface Recorder {
  readonly entries: HistoryEntry[];
  write(process: string, entry: Unstamped<HistoryEntry>): void;
  nextCall(): number;
}

export function createRecorder(ports: ManualPorts): Recorder {
  const entries: HistoryEntry[] = [];
  let calls = 0;
  return {
    entries,
    write: (process, entry) => {
      entries.push({ at: ports.now(), process, ...entry });
    },
    nextCall: () => {
      calls += 1;
      return calls;
    },
  };
}

export const enqueueAnswer = (receipt: Receipt): EnqueueAnswer =>
  receipt.outcome === "duplicate" ? `duplicate-${receipt.by}` : receipt.outcome;

export const settleAnswer = (settled: Settled): SettleAnswer =>
  settled.ok ? { outcome: "ok", state: settled.state } : { outcome: settled.now };

export const askedSettlement = ({ lease, guard, decision, followUps = [] }: Settlement): AskedSettlement => ({
  ...lease.ref,
  epoch: lease.epoch,
  token: lease.token,
  move: decision.move,
  guard,
  ...(decision.move === "rescue" && { charged: decision.charged }),
  ...(followUps.length > 0 && { followUps: followUps.map(({ queue, id }): AskedJob => ({ queue, id })) }),
});
