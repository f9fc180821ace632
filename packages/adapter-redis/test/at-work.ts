/** Jobs and a worker on any Redis, and the proof that no job was lost and none was done twice. */

import { createYard, defineJob, type Worker, type Yard } from "@jobyard/core";
import type { Adapter, NewJob } from "@jobyard/core/adapter";
import { newJob } from "@jobyard/core/testing";
import { connectRedis, type RedisServer, startRedis } from "@jobyard/servers";
import type { Redis } from "ioredis";
import { expect, onTestFinished } from "vitest";
import { z } from "zod";
import { type RedisOptions, redisAdapter } from "../src/index.ts";

export const QUEUE = "mail";

/** Stopped with the test. */
export async function ownServer(options: Parameters<typeof startRedis>[0] = {}): Promise<RedisServer> {
  const server = await startRedis(options);
  onTestFinished(() => server.stop());
  return server;
}

/** A connection of the test's own. */
export async function adminOf({ url }: { readonly url: string }): Promise<Redis> {
  const client = await connectRedis(url);
  onTestFinished(() => client.disconnect());
  return client;
}

export function openAdapter(options: RedisOptions): Adapter {
  const adapter = redisAdapter(options);
  onTestFinished(() => adapter.close());
  return adapter;
}

export const jobIds = (count: number, from = 0): readonly string[] =>
  Array.from({ length: count }, (_, n) => `job-${from + n}`);

/** Of the type that the workers here know; lost leases alone kill none of them. */
export const stepJob = (id: string): NewJob =>
  newJob(id, { queue: QUEUE, name: "step", payload: JSON.stringify({ id }), maxAttempts: 50 });

export async function enqueueAll({ writer }: Adapter, ids: readonly string[]): Promise<void> {
  const receipts = await writer.enqueue(ids.map(stepJob));
  expect(receipts.map(({ outcome }) => outcome)).toEqual(ids.map(() => "accepted"));
}

export interface AtWork {
  readonly yard: Yard;
  readonly worker: Worker;
  /** How often the handler began, by id. */
  readonly runs: ReadonlyMap<string, number>;
  /** What the worker met, in the order of its meeting it. */
  readonly errors: readonly unknown[];
}

export interface WorkOptions {
  readonly handle?: (id: string) => Promise<void>;
  readonly lease?: `${number}s`;
  readonly concurrency?: number;
}

/** A worker that has begun; it stops with the test. */
export async function atWork(
  options: RedisOptions,
  { handle = async () => {}, lease = "2s", concurrency = 10 }: WorkOptions = {},
): Promise<AtWork> {
  const yard = createYard({ adapter: redisAdapter(options) });
  onTestFinished(() => yard.close());
  const runs = new Map<string, number>();
  const errors: unknown[] = [];
  const step = defineJob("step", { queue: QUEUE, payload: z.object({ id: z.string() }), backoff: [0] });
  const run = step.handler(async ({ payload: { id } }) => {
    runs.set(id, (runs.get(id) ?? 0) + 1);
    await handle(id);
  });
  const worker = yard.worker({
    ...{ jobs: [run], lease, sweep: "250ms", poll: "500ms", grace: 0, queues: { [QUEUE]: { concurrency } } },
    hooks: { onError: (error) => errors.push(error) },
  });
  await worker.start();
  return { yard, worker, runs, errors };
}

/** Resolves when this many jobs are completed; rejects if they are not within the limit. */
export async function untilCompleted({ reader }: Adapter, count: number, limitMs = 40_000): Promise<void> {
  const end = performance.now() + limitMs;
  for (let seen = -1; seen !== count; ) {
    seen = await reader.phases([], 10_000).then(
      ({ completed }) => completed.n,
      () => -1,
    );
    if (performance.now() > end) throw new Error(`after ${limitMs} ms ${seen} of ${count} jobs are completed`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/**
 * Each is completed, once; it was claimed again only after its lease was given back or lost, and begun again only after
 * it was lost. Nobody holds anything any more.
 */
export async function assertEachOnce(
  adapter: Adapter,
  ids: readonly string[],
  runs: ReadonlyMap<string, number> | null,
): Promise<void> {
  for (const id of ids) {
    const events = (await adapter.reader.events({ queue: QUEUE, id }, 0, 1_000)) ?? [];
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    const kinds = events.map(({ kind }) => kind);
    expect(kinds.join(" ")).toMatch(/^enqueue claim(?: (?:rescue|release) claim)* complete$/);
    if (runs === null) continue;
    expect(runs.get(id)).toBeGreaterThanOrEqual(1);
    expect(runs.get(id)).toBeLessThanOrEqual(1 + kinds.filter((kind) => kind === "rescue").length);
  }
  expect(await adapter.leaser.expired(1_000)).toEqual([]);
}
