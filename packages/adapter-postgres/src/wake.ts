/**
 * Says "look again": to claims of this process that wait, to those who watch, and to other processes. What was
 * committed here is told here at once; what others committed is heard, or found by looking every now and then.
 */

import type { Claim, ClaimRequest, Hint, Ports } from "@jobyard/core/adapter";
import { ANYTHING, decode, type News, newsOf } from "./hints.ts";
import type { Hearing } from "./listener.ts";
import type { Marks } from "./step.ts";

export interface WakeParts {
  /** Null: nobody listens. */
  readonly listener: { start(): void; readonly hearing: Hearing } | null;
  readonly notifier: { tell(marks: Marks): void; close(): Promise<void> };
  readonly pollMs: number;
  readonly ports: Pick<Ports, "sleep">;
}

/** While others are heard, looking is for what was lost on the way: so much more rarely. */
const CALM = 4;

interface Watcher {
  readonly onHint: (hint: Hint) => void;
}

/** A claim that waits. */
export interface Waiter {
  readonly queues: ReadonlySet<string>;
  /** There may be something to claim. */
  ring(): void;
  /** Null if it is looking by itself, or somebody serves it already. */
  beServed(): Service | null;
}

/** A claim that is made for somebody who waits. To be ended, once, in one of three ways. */
export interface Service {
  readonly request: ClaimRequest;
  /** Here is what it asked for. */
  give(claim: Claim): void;
  /** Nothing was claimed: it has to look by itself. */
  withdraw(): void;
  /** Nobody knows whether something was claimed. */
  fail(error: unknown): void;
}

export class Wake {
  readonly #parts: WakeParts;
  readonly #watchers = new Set<Watcher>();
  readonly #waiters = new Set<Waiter>();
  readonly #stop = new AbortController();
  #untold: Set<string | null> | null = null;
  #isReminding = false;

  constructor(parts: WakeParts) {
    this.#parts = parts;
  }

  /** Aborted by {@link end}. */
  get closed(): AbortSignal {
    return this.#stop.signal;
  }

  get hearing(): Hearing {
    return this.#parts.listener?.hearing ?? "off";
  }

  /** How long a claim may wait before it looks by itself, in ms. */
  get pollMs(): number {
    return this.hearing === "listening" ? this.#parts.pollMs * CALM : this.#parts.pollMs;
  }

  /** After a commit of this process. */
  tell(marks: Marks): void {
    if (marks.touched.size + marks.offered.size === 0) return;
    this.#spread(newsOf(marks));
    this.#parts.notifier.tell(marks);
  }

  /** @param payload - of a notification of another process */
  hear(payload: string): void {
    this.#spread(decode(payload));
  }

  /** What was said while nobody listened was missed. */
  missed(): void {
    this.#spread(ANYTHING);
  }

  /** What was committed before this call is not told. @returns what ends it */
  watch(onHint: (hint: Hint) => void): () => void {
    const watcher: Watcher = { onHint };
    this.#parts.listener?.start();
    this.#watchers.add(watcher);
    if (!this.#isReminding) void this.#remind();
    return () => this.#watchers.delete(watcher);
  }

  /** For a claim that waits: rings when there may be something to claim in one of its queues. @returns what ends it */
  wait(waiter: Waiter): () => void {
    this.#parts.listener?.start();
    this.#waiters.add(waiter);
    return () => this.#waiters.delete(waiter);
  }

  /** Begins to serve a claim that sleeps until there is something in this queue; null if there is none. */
  serve(queue: string): Service | null {
    for (const waiter of this.#waiters) {
      const service = waiter.queues.has(queue) ? waiter.beServed() : null;
      if (service !== null) return service;
    }
    return null;
  }

  /** Nobody waits or watches any longer. Other processes are still told. */
  end(): void {
    this.#stop.abort("closed");
    this.#watchers.clear();
  }

  /** Resolves when the last news have gone out. */
  tellLast(): Promise<void> {
    return this.#parts.notifier.close();
  }

  #spread({ touched, offered }: News): void {
    for (const waiter of this.#waiters)
      if (offered === null || offered.some((queue) => waiter.queues.has(queue))) waiter.ring();
    this.#hint(touched ?? [null]);
  }

  /** Where nobody is heard, through a pooler for one, anything may have changed every now and then. */
  async #remind(): Promise<void> {
    const { pollMs, ports } = this.#parts;
    this.#isReminding = true;
    while (this.#watchers.size > 0) {
      await ports.sleep(pollMs, this.closed);
      if (this.hearing !== "listening") this.#hint([null]);
    }
    this.#isReminding = false;
  }

  #hint(touched: Iterable<string | null>): void {
    if (this.#watchers.size === 0) return;
    if (this.#untold === null) {
      this.#untold = new Set();
      queueMicrotask(() => this.#flush());
    }
    for (const queue of touched) this.#untold.add(queue);
  }

  /** To each by itself, so that one that throws keeps nobody else from hearing. */
  #flush(): void {
    const queues = [...(this.#untold ?? [])];
    this.#untold = null;
    if (queues.length === 0) return;
    const hint: Hint = { queues: queues.includes(null) ? null : queues.filter((queue) => queue !== null) };
    for (const watcher of this.#watchers) queueMicrotask(() => this.#watchers.has(watcher) && watcher.onHint(hint));
  }
}
