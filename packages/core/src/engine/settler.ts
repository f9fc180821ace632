/**
 * Settlements on their way to the store: gathered per turn of the event loop, one batch at a time, and kept until
 * the store has answered. The fence makes every repetition harmless; giving one up would leave a job active for as
 * long as its session lives.
 */

import type { Settled, Settlement } from "../contract/adapter.ts";
import { storeRetryMs } from "./retry.ts";
import type { Shift } from "./shift.ts";
import { isStoreDown } from "./store-errors.ts";
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
  /** Sends what has gathered now, so that what the caller does next comes after it. */
  kick(): void;
  readonly pending: number;
  /** Resolves when nothing is pending, or when the signal aborts. */
  idle(signal: AbortSignal): Promise<void>;
  /** No further tries. */
  close(): void;
}

const MAX_BATCH = 500;

export function createSettler(shift: Shift): Settler {
  const { ports } = shift;
  const closed = new AbortController();
  let gathering: Pending[] = [];
  let sending = 0;
  let scheduled = false;
  let busy = false;
  let failures = 0;
  let waiting: (() => void)[] = [];

  const kick = (): void => {
    scheduled = false;
    if (busy || gathering.length === 0 || closed.signal.aborted) return;
    busy = true;
    const batch = gathering.splice(0, MAX_BATCH);
    sending = batch.length;
    void send(batch).then(async (failed) => {
      sending = 0;
      gathering = [...failed, ...gathering];
      failures = failed.length > 0 ? failures + 1 : 0;
      if (failures > 0) await ports.sleep(storeRetryMs(failures, ports), closed.signal);
      busy = false;
      if (gathering.length > 0) return kick();
      for (const resolve of waiting.splice(0)) resolve();
    });
  };

  /** What the store did not answer. */
  const send = async (batch: readonly Pending[]): Promise<readonly Pending[]> => {
    try {
      const answers = await shift.adapter.leaser.settle(batch.map(({ settlement }) => settlement));
      for (const [index, { done, settlement }] of batch.entries()) {
        const answer = answers[index] as Settled;
        done(answer.ok || failures === 0 ? answer : await wasStored(shift, settlement, answer), settlement);
      }
      return [];
    } catch (error) {
      if (!isStoreDown(error)) return alone(batch, error);
      shift.report(error, "settle");
      return batch;
    }
  };

  /** One that the store cannot take must not keep the others: each is sent by itself. */
  const alone = async (batch: readonly Pending[], error: unknown): Promise<readonly Pending[]> => {
    const [only] = batch;
    if (batch.length > 1 || only === undefined) {
      const failed: Pending[] = [];
      for (const pending of batch) failed.push(...(await send([pending])));
      return failed;
    }
    shift.report(error, "settle");
    return [only.instead === undefined ? only : { settlement: only.instead(error), done: only.done }];
  };

  return {
    push: (pending) => {
      gathering.push(pending);
      if (scheduled || busy) return;
      scheduled = true;
      setImmediate(kick);
    },
    kick,
    get pending() {
      return gathering.length + sending;
    },
    idle: (signal) =>
      new Promise((resolve) => {
        if (gathering.length + sending === 0 || signal.aborted) return resolve();
        waiting.push(resolve);
        signal.addEventListener("abort", () => resolve(), { once: true });
      }),
    close: () => closed.abort(),
  };
}
