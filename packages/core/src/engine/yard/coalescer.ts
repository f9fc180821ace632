/**
 * Group commit without timers: what is added in one turn of the event loop leaves as one batch, and while a
 * batch is on its way the next one gathers. So an idle queue waits for nothing, and a busy one travels in bulk.
 */

export interface CoalescerOptions<T, R> {
  /** One answer per item, in order. */
  readonly send: (batch: readonly T[]) => Promise<readonly R[]>;
  readonly maxBatch: number;
  /**
   * Called when a batch of several failed. True: its items are sent again one by one, so that one that the store
   * cannot take fails alone. False: they all fail.
   */
  readonly alone: (error: unknown) => boolean;
}

export interface Coalescer<T, R> {
  /** The item's own answer, or its own failure. */
  add(item: T): Promise<R>;
  /** Resolves when all that was added so far has been answered. Never rejects. */
  flushed(): Promise<void>;
}

export function createCoalescer<T, R>(options: CoalescerOptions<T, R>): Coalescer<T, R> {
  const gathering: Entry<T, R>[] = [];
  let scheduled = false;
  let sending: Promise<void> | null = null;

  const kick = (): void => {
    scheduled = false;
    if (sending !== null || gathering.length === 0) return;
    const batch = gathering.splice(0, options.maxBatch);
    sending = sendBatch(options, batch).then(() => {
      sending = null;
      kick();
    });
  };

  return {
    add: (item) =>
      new Promise((resolve, reject) => {
        gathering.push({ item, resolve, reject });
        if (scheduled || sending !== null) return;
        scheduled = true;
        setImmediate(kick);
      }),
    flushed: async () => {
      while (sending !== null || gathering.length > 0) {
        if (sending === null) kick();
        await sending;
      }
    },
  };
}

interface Entry<T, R> {
  readonly item: T;
  readonly resolve: (answer: R) => void;
  readonly reject: (error: unknown) => void;
}

async function sendBatch<T, R>(options: CoalescerOptions<T, R>, batch: readonly Entry<T, R>[]): Promise<void> {
  try {
    const answers = await options.send(batch.map((entry) => entry.item));
    for (const [index, entry] of batch.entries()) entry.resolve(answers[index] as R);
  } catch (error) {
    if (batch.length === 1 || !options.alone(error)) for (const entry of batch) entry.reject(error);
    else for (const entry of batch) await sendBatch(options, [entry]);
  }
}
