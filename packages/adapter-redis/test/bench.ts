/** A prefix of its own for each test, on one server or cluster, with a clock that stands still. */

import type { Bench } from "@jobyard/core/testing";
import { type KeysOfTest, newPrefix } from "@jobyard/servers";
import { type ProvidedRedis, urlOf } from "@jobyard/servers/vitest";
import { type Cluster, Redis } from "ioredis";
import { afterAll } from "vitest";
import { type RedisOptions, redisAdapter } from "../src/index.ts";

/** 2026-01-01T00:00:00Z: a fixed beginning, so that instants in failure messages can be read and repeat. */
const BEGINNING = 1_767_225_600_000;

/** Where the keys of benches are. */
export interface BenchPlace {
  /** Those that no other bench has. Whoever makes them removes them. */
  newKeys(): Omit<KeysOfTest, "remove">;
  /** For the clocks; once for all benches. */
  connect(): Redis | Cluster;
}

/** To be called where tests are described: what it makes is removed when these are over. */
export function openBench(server: ProvidedRedis, options: Partial<RedisOptions> = {}): () => Promise<Bench> {
  // To remove keys is to look through all that there are: once for all benches.
  let all: KeysOfTest | null = null;
  let benches = 0;
  afterAll(() => all?.remove());
  const newKeys = (): Omit<KeysOfTest, "remove"> => {
    all ??= newPrefix(urlOf(server));
    benches += 1;
    const prefix = `${all.prefix}_${benches}`;
    const url = new URL(all.url);
    url.searchParams.set("prefix", prefix);
    return { prefix, url: url.href };
  };
  return openBenchAt({ newKeys, connect: () => new Redis(urlOf(server)) }, options);
}

/** The same on any place; nothing of it is asked for before the first bench is. */
export function openBenchAt(place: BenchPlace, options: Partial<RedisOptions> = {}): () => Promise<Bench> {
  let clock: Redis | Cluster | null = null;
  afterAll(() => clock?.disconnect());
  return async () => {
    const { url, prefix } = place.newKeys();
    clock ??= place.connect();
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

const DEFAULT_RUNS = 60;

/**
 * How many random sequences to play: `JOBYARD_MODEL_RUNS`, else as many as a run of all tests has time for. Each of
 * them reads the whole store back after every step.
 *
 * @param share - of those on one server, for the other ways to run the same
 */
export const modelRuns = (share: number): number =>
  Math.ceil(Number(process.env["JOBYARD_MODEL_RUNS"] || DEFAULT_RUNS) * share);
