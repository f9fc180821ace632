/** Connections of one's own to a server: they fail at once where a program's would try again. */

import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";

const CONNECT_LIMIT_MS = 10_000;
const LIMIT_MS = 30_000;

/**
 * A connection that is not made again when it is lost. Rejects with why it cannot be made.
 *
 * @param ca - what to trust, for `rediss://`
 */
export async function connectRedis(url: string, ca?: string): Promise<Redis> {
  const client = new Redis(url, {
    lazyConnect: true,
    connectTimeout: CONNECT_LIMIT_MS,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
    ...(ca !== undefined && { tls: { ca } }),
  });
  // Said last of all, and more clearly than by the connect that fails for it.
  let reason: Error | undefined;
  client.on("error", (error: Error) => {
    reason = error;
  });
  try {
    await client.connect();
  } catch (error) {
    client.disconnect();
    throw reason ?? error;
  }
  return client;
}

/** One thing done on a connection of its own. */
export async function onRedis<T>(url: string, ca: string | undefined, act: (client: Redis) => Promise<T>): Promise<T> {
  const client = await connectRedis(url, ca);
  try {
    return await act(client);
  } finally {
    client.disconnect();
  }
}

/** Lines such as `redis_version:7.0.15`, of INFO, CLUSTER INFO and their like. */
export function fieldsOf(text: string): ReadonlyMap<string, string> {
  const lines = text.split("\r\n").map((line) => [line, line.indexOf(":")] as const);
  return new Map(lines.filter(([, at]) => at > 0).map(([line, at]) => [line.slice(0, at), line.slice(at + 1)]));
}

/** Resolves when the condition holds; rejects if it does not within 30 s. */
export async function untilTrue(what: string, holds: () => Promise<boolean>): Promise<void> {
  const limit = performance.now() + LIMIT_MS;
  while (!(await holds())) {
    if (performance.now() > limit) throw new Error(`waited ${LIMIT_MS} ms until ${what}`);
    await sleep(20);
  }
}
