/** Passes over an outbox: one batch each, with what it learned about full queues, told to the hooks. */

import { durationMs } from "@jobyard/core";
import { badOption, checkInteger, checkKnown, type JobWriter, type Ports, systemPorts } from "@jobyard/core/adapter";
import { type Delivered, deliver } from "./deliver.ts";
import { FullQueues } from "./full-queues.ts";
import type { RelayHooks, RelayOptions, RelayTarget } from "./relay-surface.ts";
import type { OutboxTable } from "./table.ts";

const DEFAULT_BATCH = 100;
const DEFAULT_POLL = "500ms";

export interface CheckedRelay {
  readonly table: OutboxTable;
  readonly writer: JobWriter;
  readonly batch: number;
  readonly pollMs: number;
  readonly hooks: RelayHooks;
  readonly ports: Ports;
}

/** @throws QueueError `BAD_OPTION`, `BAD_DURATION` */
export function checkedRelay(
  { table }: { readonly table: OutboxTable },
  target: RelayTarget,
  options: RelayOptions,
): CheckedRelay {
  checkKnown(options, ["batch", "poll", "hooks", "ports"], "relay");
  const { hooks = {}, ports = systemPorts } = options;
  checkKnown(hooks, ["onRelayed", "onFull", "onRefused", "onError"], "hooks");
  return {
    ...{ table, hooks, ports, writer: writerOf(target) },
    batch: checkInteger(options.batch ?? DEFAULT_BATCH, 1, 1_000, "batch"),
    pollMs: checkInteger(durationMs(options.poll ?? DEFAULT_POLL, "poll"), 10, 60_000, "poll"),
  };
}

function writerOf(target: RelayTarget): JobWriter {
  const adapter = typeof target === "object" && target !== null && "adapter" in target ? target.adapter : target;
  if (typeof adapter?.writer?.enqueue !== "function") throw badOption("target", "must be an adapter or a yard");
  return adapter.writer;
}

export interface Passed {
  readonly relayed: number;
  readonly duplicates: number;
  readonly refused: number;
  /** There may be rows that a pass at once could take. */
  readonly hasMore: boolean;
  readonly failure: { readonly error: unknown } | null;
}

const NOTHING: Passed = { relayed: 0, duplicates: 0, refused: 0, hasMore: false, failure: null };

export class Passes {
  readonly full: FullQueues;
  readonly #relay: CheckedRelay;

  constructor(relay: CheckedRelay) {
    this.#relay = relay;
    this.full = new FullQueues(relay.ports);
  }

  /**
   * Never fails.
   *
   * @param except - queues whose rows are left alone
   */
  async next(except: readonly string[]): Promise<Passed> {
    const { table, writer, batch } = this.#relay;
    const batches: Delivered[] = [];
    try {
      const taken = await table.pass({ limit: batch, except }, async (rows) => {
        const delivered = await deliver(writer, rows);
        batches.push(delivered);
        return delivered.verdicts;
      });
      const [delivered] = batches;
      return delivered === undefined ? NOTHING : this.#learn(delivered, taken);
    } catch (error) {
      this.report(error, "outbox");
      return { ...NOTHING, failure: { error } };
    }
  }

  /** A hook for errors that throws itself has nobody left to tell. */
  report(error: unknown, doing: string): void {
    void calling(() => this.#relay.hooks.onError?.(error, doing)).catch(() => {});
  }

  #learn({ relayed, duplicates, refused, full, failure }: Delivered, taken: number): Passed {
    const { hooks, batch } = this.#relay;
    for (const { queue } of relayed) this.full.hadRoom(queue);
    for (const [queue, maxSize] of new Map(full.map((each) => [each.queue, each.maxSize]))) {
      const retryInMs = this.full.wasFull(queue);
      this.#call("onFull", () => hooks.onFull?.({ queue, maxSize, retryInMs }));
    }
    for (const refusal of refused) this.#call("onRefused", () => hooks.onRefused?.(refusal));
    if (relayed.length > 0) this.#call("onRelayed", () => hooks.onRelayed?.({ relayed: relayed.length, duplicates }));
    if (failure !== null) this.report(failure.error, "relay");
    return {
      relayed: relayed.length,
      duplicates,
      refused: refused.length,
      hasMore: taken === batch,
      failure,
    };
  }

  #call(name: string, hook: () => unknown): void {
    void calling(hook).catch((error: unknown) => this.report(error, name));
  }
}

/** What a hook throws at once is a rejection too. */
const calling = async (hook: () => unknown): Promise<unknown> => hook();
