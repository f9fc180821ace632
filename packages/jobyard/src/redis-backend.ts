/** `redis:` URLs: keys under a prefix of a server that is there already. Nothing is made before the first job. */

import { randomBytes } from "node:crypto";
import type { Backend } from "./backends.ts";

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
    const [place = "", query] = url.split("?");
    const parameters = new URLSearchParams(query);
    // Process ids alone are no names: other machines use the same server. The braces are for a cluster.
    parameters.set("prefix", `{jobyard-scratch-${randomBytes(6).toString("hex")}}`);
    const scratch = `${place}?${parameters}`;
    let isRemoved: Promise<void> | null = null;
    return {
      shared: true,
      url: scratch,
      remove: () => {
        isRemoved ??= dropRedisPrefix({ url: scratch });
        return isRemoved;
      },
    };
  },
};
