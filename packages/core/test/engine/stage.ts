/** A yard on the memory adapter and a manual clock, with a store that can be made to fail, and patience without sleeping. */

import { setImmediate } from "node:timers/promises";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { Adapter } from "../../src/contract/adapter.ts";
import type { Worker, WorkerOptions, Yard } from "../../src/engine/surface.ts";
import { createYard } from "../../src/engine/yard/yard.ts";
import type { Job, JobEvent, JobRef } from "../../src/nouns/job.ts";
import { type ManualPorts, manualPorts } from "../../src/testing/manual-ports.ts";
import { memoryAdapter } from "../../src/testing/memory/memory-adapter.ts";

export interface Stage {
  readonly ports: ManualPorts;
  readonly store: WatchedStore;
  readonly yard: Yard;
  /** Another process on the same store, as far as a test can tell. */
  another(): Yard;
  /** Faults end up in `errors` unless the options have hooks of their own. */
  worker(options: WorkerOptions): Worker;
  readonly errors: { readonly error: unknown; readonly doing: string }[];
  /** Time passes in steps, and whatever it wakes gets its turn in between. */
  pass(ms: number, stepMs?: number): Promise<void>;
  job(ref: JobRef): Promise<Job>;
  events(ref: JobRef): Promise<readonly JobEvent[]>;
}

export function stage(): Stage {
  const ports = manualPorts();
  const store = watch(memoryAdapter({ ports }));
  const yard = createYard({ adapter: store.adapter, ports });
  const errors: Stage["errors"] = [];
  return {
    ports,
    store,
    yard,
    another: () => createYard({ adapter: store.adapter, ports }),
    worker: (options) =>
      yard.worker({ hooks: { onError: (error, doing) => errors.push({ error, doing }) }, ...options }),
    errors,
    pass: async (ms, stepMs = 100) => {
      for (let left = ms; left > 0; left -= stepMs) {
        ports.advance(Math.min(stepMs, left));
        await turns(8);
      }
    },
    job: async (ref) => (await store.adapter.reader.get([ref]))[0] as Job,
    events: async (ref) => (await store.adapter.reader.events(ref, 0, 1_000)) ?? [],
  };
}

export type Verb = "enqueue" | "claim" | "settle" | "extend" | "append" | "expired" | "put";

export interface WatchedStore {
  readonly adapter: Adapter;
  readonly calls: Record<Verb, readonly unknown[][]>;
  /**
   * The next calls of this verb fail: before they do anything, or after they did it, as when an answer is lost.
   *
   * @param fault - called with the arguments; no error, no failure
   */
  break(verb: Verb, fault: (...args: readonly never[]) => unknown, when?: "before" | "after"): void;
  mend(verb: Verb): void;
}

type Method = (...args: readonly unknown[]) => Promise<unknown>;

function watch(adapter: Adapter): WatchedStore {
  const calls: Record<Verb, unknown[][]> = {
    enqueue: [],
    claim: [],
    settle: [],
    extend: [],
    append: [],
    expired: [],
    put: [],
  };
  const faults = new Map<
    Verb,
    { readonly fault: (...args: readonly never[]) => unknown; readonly when: "before" | "after" }
  >();

  const wrap = (verb: Verb, method: Method): Method => {
    return async (...args) => {
      calls[verb].push([...args]);
      const broken = faults.get(verb);
      const error = broken?.fault(...(args as never[]));
      if (broken === undefined || error === undefined) return method(...args);
      if (broken.when === "after") await method(...args);
      throw error;
    };
  };
  const part = <T extends object>(original: T, verbs: readonly (keyof T & Verb)[]): T => {
    const watched = { ...original };
    for (const verb of verbs) Object.assign(watched, { [verb]: wrap(verb, original[verb] as Method) });
    return watched;
  };

  return {
    adapter: {
      ...adapter,
      writer: part(adapter.writer, ["enqueue"]),
      leaser: part(adapter.leaser, ["claim", "settle", "extend", "append", "expired"]),
      records: part(adapter.records, ["put"]),
    },
    calls,
    break: (verb, fault, when = "before") => void faults.set(verb, { fault, when }),
    mend: (verb) => void faults.delete(verb),
  };
}

/** Turns of the event loop: promises and immediates get theirs, no time passes. */
export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await setImmediate();
}

/** Waits, without sleeping, until something is true. */
export async function until(what: () => unknown, limit = 2_000): Promise<void> {
  for (let turn = 0; turn < limit; turn++) {
    if (await what()) return;
    await setImmediate();
  }
  throw new Error(`never came true: ${what.toString()}`);
}

/** Something to wait for that a test ends by hand. */
export interface Gate<T = void> {
  readonly opened: Promise<T>;
  open(value: T): void;
  fail(error: unknown): void;
}

export function gate<T = void>(): Gate<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  promise.catch(() => {});
  return { opened: promise, open: resolve, fail: reject };
}

/** A schema from a function that names what is wrong. */
export function schema<I, O = I>(
  check: (
    value: unknown,
  ) => { readonly value: O } | { readonly wrong: readonly [path: readonly (string | number)[], message: string][] },
): StandardSchemaV1<I, O> {
  return {
    "~standard": {
      version: 1,
      vendor: "test",
      validate: (input) => {
        const answer = check(input);
        return "value" in answer ? answer : { issues: answer.wrong.map(([path, message]) => ({ path, message })) };
      },
    },
  };
}

/** Takes what comes. */
export const anything: StandardSchemaV1<unknown, unknown> = schema<unknown>((value) => ({ value }));

/** `{ to }`, a text with an @. */
export const mail: StandardSchemaV1<{ readonly to: string }, { readonly to: string }> = schema((value) => {
  const { to } = value as { readonly to: unknown };
  return typeof to === "string" && to.includes("@") ? { value: { to } } : { wrong: [[["to"], "an address with an @"]] };
});
