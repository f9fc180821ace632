/** Takes a yard away with all its jobs: for prefixes that were made to be thrown away. */

import { serverOf } from "./driver.ts";
import { checkedOptions, type RedisOptions } from "./options.ts";
import { Store } from "./store.ts";

const SLICE = 1_000;

/**
 * Deletes every key that begins with the prefix which the options name, those of BullMQ included. There need not be one.
 *
 * @throws QueueError `BAD_OPTION`, `BAD_URL`, `STORE_UNAVAILABLE`, `STORE_UNSAFE`
 */
export async function dropRedisPrefix(options: RedisOptions): Promise<void> {
  const store = new Store(checkedOptions(options));
  try {
    let cursor = "0";
    do cursor = await dropSlice(store, cursor);
    while (cursor !== "0");
  } finally {
    await store.close();
  }
}

/** @returns where it goes on; `0` at the end */
const dropSlice = (store: Store, from: string): Promise<string> =>
  store.ask(async (client) => {
    const server = await serverOf(client, store.root);
    const [next, keys] = await server.scan(from, "MATCH", `${store.prefix}:*`, "COUNT", SLICE);
    if (keys.length > 0) await server.unlink(keys);
    return next;
  });
