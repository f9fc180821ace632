/**
 * Settlements on their way to the store: gathered per turn of the event loop, one batch at a time, and kept until
 * the store has answered. The fence makes every repetition harmless; giving one up would leave a job active for as
 * long as its session lives.
 */

import type { Settled, Settlement } from "../../../contract/adapter.ts";
import { isStoreDown } from "../../yard/store-errors.ts";
import { storeRetryMs } from "../retry.ts";
import type { Shift } from "../shift.ts";
import { wasStored } from "./was-stored.ts";

export interface Pending {
  readonly settlement: Settlement;
  /** Called once, with the store's answer. */
  readonly done: (settled: Settled, settlement: Settlement) => void;
  /** What to settle instead if the store cannot take this one, while it takes others. */
  readonly instead?: (error: unknown) => Settlement;
}

export interface Settler {
  push(pending: Pending): void;
  /** Resolves when nothing is pending. */
  idle(): Promise<void>;
  /** No further tries. */
  close(): void;
}

const MAX_BATCH = 500;

export function createSettler(shift: Shift): Settler {
  const { ports, report } = shift;
  const closed = new AbortController();
  let gathering: Entry[] = [];
  let sending = 0;
  let scheduled = false;
  let busy = false;
  let failures = 0;
  const waiting: (() => void)[] = [];

  const kick = (): void => {
    scheduled = false;
    if (busy || gathering.length === 0 || closed.signal.aborted) return;
    busy = true;
    const batch = gathering.splice(0, MAX_BATCH);
    sending = batch.length;
    void send(batch).then(landed);
  };

  const landed = async (unanswered: readonly Entry[]): Promise<void> => {
    sending = 0;
    if (unanswered.length > 0) gathering = [...unanswered, ...gathering];
    failures = unanswered.length > 0 ? failures + 1 : 0;
    if (failures > 0) await ports.sleep(storeRetryMs(failures, ports), closed.signal);
    busy = false;
    if (gathering.length > 0) return kick();
    for (const resolve of waiting.splice(0)) resolve();
  };

  /** Answers with what the store did not answer. */
  const send = async (batch: readonly Entry[]): Promise<readonly Entry[]> => {
    let answers: readonly Settled[];
    try {
      answers = await shift.adapter.leaser.settle(batch.map(({ settlement }) => settlement));
    } catch (error) {
      if (!isStoreDown(error) && batch.length > 1) return oneByOne(batch);
      report(error, "settle");
      return batch.map((entry) => again(entry, error));
    }
    for (const [index, { done, settlement, retried }] of batch.entries()) {
      const answer = answers[index] as Settled;
      done(retried && !answer.ok ? await wasStored(shift, settlement, answer) : answer, settlement);
    }
    return [];
  };

  /** One that the store cannot take must not keep the others. */
  const oneByOne = async (batch: readonly Entry[]): Promise<readonly Entry[]> => {
    const unanswered: Entry[] = [];
    for (const entry of batch) unanswered.push(...(await send([{ ...entry, retried: true }])));
    return unanswered;
  };

  return {
    push: (pending) => {
      gathering.push({ ...pending, retried: false });
      if (scheduled || busy) return;
      scheduled = true;
      setImmediate(kick);
    },
    idle: () =>
      new Promise((resolve) => {
        if (gathering.length + sending === 0) resolve();
        else waiting.push(resolve);
      }),
    close: () => closed.abort(),
  };
}

interface Entry extends Pending {
  /** It was sent before, and whether that was stored is not known. */
  readonly retried: boolean;
}

function again(entry: Entry, error: unknown): Entry {
  if (isStoreDown(error) || entry.instead === undefined) return { ...entry, retried: true };
  return { settlement: entry.instead(error), done: entry.done, retried: true };
}
