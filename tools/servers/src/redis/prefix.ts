/** A part of a server's keys for one test alone, on a server that others use at the same time. */

import { randomBytes } from "node:crypto";
import { onRedis } from "./client.ts";

export interface KeysOfTest {
  /** The server's, with the prefix as its parameter `prefix`, as Jobyard opens it. */
  readonly url: string;
  readonly prefix: string;
  /** Deletes all keys that begin with the prefix, with more behind it or not. */
  remove(): Promise<void>;
}

/** A prefix that no other test has, nor has had: what a run has left that was killed is met by none. */
export function newPrefix(server: string): KeysOfTest {
  const prefix = `test_${process.pid}_${randomBytes(6).toString("hex")}`;
  const url = new URL(server);
  url.searchParams.set("prefix", prefix);
  return { url: url.href, prefix, remove: () => removeKeys(server, `${prefix}*`) };
}

async function removeKeys(server: string, match: string): Promise<void> {
  await onRedis(server, undefined, async (client) => {
    for await (const keys of client.scanStream({ match, count: 1000 })) if (keys.length > 0) await client.unlink(keys);
  });
}
