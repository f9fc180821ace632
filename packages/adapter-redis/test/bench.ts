/** A prefix of its own for each test, on one server, with a clock that stands still. */

import type { Bench } from "@jobyard/core/testing";
import { newPrefix } from "@jobyard/servers";
import { type ProvidedRedis, urlOf } from "@jobyard/servers/vitest";
import { Redis } from "ioredis";
import { afterAll } from "vitest";
import { type RedisOptions, redisAdapter } from "../src/index.ts";

/** 2026-01-01T00:00:00Z: a fixed beginning, so that instants in failure messages can be read and repeat. */
const BEGINNING = 1_767_225_600_000;

/** To be called where tests are described: what it makes is removed when these are over. */
export function openBench(server: ProvidedRedis, options: Partial<RedisOptions> = {}): () => Promise<Bench> {
  let clock: Redis | null = null;
  const removals: (() => Promise<void>)[] = [];
  afterAll(async () => {
    for (const remove of removals) await remove();
    clock?.disconnect();
  });
  return async () => {
    const { url, prefix, remove } = newPrefix(urlOf(server));
    removals.push(remove);
    clock ??= new Redis(urlOf(server));
    const time = clock;
    const key = `${prefix}::clock`;
    await time.set(key, BEGINNING);
    const open = () => redisAdapter({ url, ...options, clock: "stopped" });
    const adapter = open();
    return {
      adapter,
      advance: async (ms) => void (await time.incrby(key, ms)),
      another: async () => open(),
      close: () => adapter.close(),
    };
  };
}
