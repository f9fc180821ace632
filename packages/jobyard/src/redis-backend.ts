/** `redis:` URLs: keys under a prefix of a server that is there already. Nothing is made before the first job. */

import type { Backend } from "./backends.ts";
import { serverScratch } from "./server-scratch.ts";

export const redis: Backend = {
  hasTables: false,

  async open(url) {
    const { redisAdapter } = await import("@jobyard/adapter-redis");
    return redisAdapter({ url });
  },

  absence: async () => null,

  /** Of a server that does not answer there is nothing to be seen. */
  surroundings: async () => [],

  /** A prefix of its own; keys that a second Ctrl+C leaves behind can be deleted by it. */
  async scratch(url) {
    const { dropRedisPrefix } = await import("@jobyard/adapter-redis");
    // The braces are for a cluster.
    const nameFor = (tag: string): string => `{jobyard-scratch-${tag}}`;
    return serverScratch(url, "prefix", nameFor, (scratch) => dropRedisPrefix({ url: scratch }));
  },
};
