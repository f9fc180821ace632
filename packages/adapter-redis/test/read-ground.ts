/** Stores for tests of reading: with jobs of ours, and a look at them that the server lets write nothing. */

import {
  type Adapter,
  type Filter,
  type JobRef,
  type JobSummary,
  type NewJob,
  type Page,
  type State,
  systemPorts,
} from "@jobyard/core/adapter";
import { claimRequest, newJob } from "@jobyard/core/testing";
import { newPrefix } from "@jobyard/servers";
import { urlOf } from "@jobyard/servers/vitest";
import { Redis } from "ioredis";
import { inject, onTestFinished } from "vitest";
import { redisAdapter } from "../src/index.ts";
import { createReader } from "../src/read/reader.ts";
import { type Clock, type Script, textOf } from "../src/script.ts";

export const BEGINNING = 1_767_225_600_000;

export interface Ground {
  readonly adapter: Adapter;
  readonly reader: ReturnType<typeof createReader>;
  readonly client: Redis;
  readonly prefix: string;
  advance(ms: number): Promise<void>;
}

/** Under a prefix of its own, which goes with the test; time stands still. */
export async function openGround(): Promise<Ground> {
  const [server] = inject("redis");
  if (server === undefined) throw new Error("no Redis was provided");
  const { url, prefix, remove } = newPrefix(urlOf(server));
  const client = new Redis(urlOf(server));
  const clock = `${prefix}::clock`;
  await client.set(clock, BEGINNING);
  const adapter = redisAdapter({ url, clock: "stopped" });
  onTestFinished(async () => {
    await adapter.close();
    await remove();
    client.disconnect();
  });
  const advance = async (ms: number): Promise<void> => void (await client.incrby(clock, ms));
  return { adapter, client, prefix, advance, reader: readerOn(client, prefix, "stopped") };
}

/**
 * By scripts that the server refuses if they write.
 *
 * @param timer - the time that searches go by; default: they are never short of it
 */
export function readerOn(
  client: Redis,
  prefix: string,
  clock: Clock,
  timer: Pick<ScriptTimer, "now" | "ran"> = { now: () => 0, ran: () => {} },
): ReturnType<typeof createReader> {
  const root = `${prefix}::`;
  return createReader({
    ports: { ...systemPorts, monotonic: () => timer.now() },
    run: (script, ...args) => {
      timer.ran(script);
      return client.call("EVAL_RO", textOf(script, clock), 1, root, ...args);
    },
    runForBuffers: (script, ...args) => {
      timer.ran(script);
      return client.callBuffer("EVAL_RO", textOf(script, clock), 1, root, ...args);
    },
  });
}

/** By it every run of one script takes a second, and nothing else any time. */
export class ScriptTimer {
  readonly #name: string;
  #now = 0;

  constructor(name: "look" | "discover") {
    this.#name = name;
  }

  now(): number {
    return this.#now;
  }

  ran({ name }: Script): void {
    if (name === this.#name) this.#now += 1_000;
  }

  /** How long it took. */
  async during(work: () => Promise<unknown>): Promise<number> {
    const begun = this.#now;
    await work();
    return this.#now - begun;
  }
}

/** Enqueues `n` jobs, in calls of 500. */
export async function fill(
  { adapter }: Ground,
  n: number,
  over: (index: number) => Partial<NewJob> = () => ({}),
): Promise<void> {
  const jobs = Array.from({ length: n }, (_, index) => newJob(`j${index}`, over(index)));
  for (let from = 0; from < n; from += 500) await adapter.writer.enqueue(jobs.slice(from, from + 500));
}

/** Completes the `n` jobs whose turn it is. */
export async function completeNext({ adapter: { leaser } }: Ground, n: number): Promise<void> {
  for (let done = 0; done < n; ) {
    const max = Math.min(250, n - done);
    const queues = [{ queue: "mail", max, types: [{ name: "greet", maxVersion: 1 }] }];
    const { jobs } = await leaser.claim(claimRequest(`t${done}`, { max, queues }));
    await leaser.settle(
      jobs.map(({ lease }) => ({ lease, guard: "held", decision: { move: "complete", result: null } })),
    );
    done += jobs.length;
  }
}

export const inState = (...any: readonly State[]): Filter => [{ field: "state", not: false, any }];
export const ids = (refs: readonly JobRef[]): readonly string[] => refs.map(({ id }) => id);

/** All pages of a list, from its beginning to its end. */
export async function allPages(
  { reader }: Pick<Ground, "reader">,
  filter: Filter,
  limit: number,
): Promise<readonly Page<JobSummary>[]> {
  const pages: Page<JobSummary>[] = [];
  for (let cursor: string | null = null; ; ) {
    const page: Page<JobSummary> = await reader.list({ filter, limit, cursor });
    pages.push(page);
    if (page.next === null) return pages;
    cursor = page.next;
  }
}
