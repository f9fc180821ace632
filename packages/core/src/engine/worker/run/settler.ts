/**
 * Settlements on their way to the store: gathered per turn of the event loop, sent in batches, and kept until the
 * store has answered. A second batch flies only if it is full: then the store need not wait for us between the two,
 * while what comes in little by little is gathered. The fence makes every repetition harmless; giving one up would
 * leave a job active for as long as its session lives.
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
const MOST_FLYING = 2;

export function createSettler(shift: Shift): Settler {
  const { ports, report } = shift;
  const closed = new AbortController();
  let gathering: Entry[] = [];
  let sending = 0;
  let flying = 0;
  let pauses = 0;
  let scheduled = false;
  let failures = 0;
  const waiting: (() => void)[] = [];

  const mayFly = (): boolean => {
    if (gathering.length === 0 || pauses > 0 || closed.signal.aborted) return false;
    return flying === 0 || (flying < MOST_FLYING && gathering.length >= MAX_BATCH);
  };

  const kick = (): void => {
    scheduled = false;
    while (mayFly()) {
      const batch = gathering.splice(0, MAX_BATCH);
      flying += 1;
      sending += batch.length;
      void send(batch).then((unanswered) => landed(batch.length, unanswered));
    }
  };

  const landed = async (sent: number, unanswered: readonly Entry[]): Promise<void> => {
    flying -= 1;
    sending -= sent;
    if (unanswered.length > 0) gathering = [...unanswered, ...gathering];
    failures = unanswered.length > 0 ? failures + 1 : 0;
    if (failures > 0) {
      pauses += 1;
      await ports.sleep(storeRetryMs(failures, ports), closed.signal);
      pauses -= 1;
    }
    kick();
    if (gathering.length + sending === 0) for (const resolve of waiting.splice(0)) resolve();
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
      if (scheduled || !mayFly()) return;
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
