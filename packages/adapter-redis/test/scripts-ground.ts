/** Scripts on a real server, under a prefix of their own and with a clock that stands still; for tests of single verbs. */

import { randomUUID } from "node:crypto";
import { urlOf } from "@jobyard/servers/vitest";
import { Redis } from "ioredis";
import { inject, onTestFinished } from "vitest";

import { type RunnableScript, scriptRunner } from "../src/bullmq.ts";
import { type Script, textOf } from "../src/script.ts";
import type { Scripts } from "../src/scripts.ts";

export interface Ground extends Scripts {
  readonly client: Redis;
  readonly url: string;
  /** `P` of the layout. */
  readonly prefix: string;
  /** A key of BullMQ's. */
  key(queue: string, name: string): string;
  /** A key of ours beside the queues. */
  own(name: string): string;
  /** A key of ours of one queue. */
  ofQueue(queue: string, name: string): string;
  now(): Promise<number>;
  advance(ms: number): Promise<void>;
  /** Ids in the order of their making. */
  newId(): string;
}

const BEGINNING = 1_767_225_600_000;

const made = new Map<Script, RunnableScript>();

/** As it is sent, where time stands still. */
function runnable(script: Script): RunnableScript {
  const known = made.get(script) ?? { name: script.name, lua: textOf(script, "stopped") };
  made.set(script, known);
  return known;
}

/** Everything under the prefix is removed with the test. */
export async function openGround(): Promise<Ground> {
  const [server] = inject("redis");
  if (server === undefined) throw new Error("no Redis was provided");
  const url = urlOf(server);
  const prefix = `t${randomUUID().slice(0, 8)}`;
  const client = new Redis(url);
  onTestFinished(async () => {
    const keys = await client.keys(`${prefix}:*`);
    if (keys.length > 0) await client.del(...keys);
    client.disconnect();
  });
  const own = (name: string): string => `${prefix}::${name}`;
  await client.set(own("clock"), BEGINNING);
  const runner = scriptRunner(client);
  let ids = 0;
  return {
    ...{ client, url, prefix, own },
    key: (queue, name) => `${prefix}:${queue}:${name}`,
    ofQueue: (queue, name) => own(`q:${queue}:${name}`),
    run: (script, ...args) => runner.run(runnable(script), [own("")], args),
    runForBuffers: (script, ...args) => runner.runForBuffers(runnable(script), [own("")], args),
    now: async () => Number(await client.get(own("clock"))),
    advance: async (ms) => {
      await client.incrby(own("clock"), ms);
    },
    newId: () => `id-${String(++ids).padStart(6, "0")}`,
  };
}
