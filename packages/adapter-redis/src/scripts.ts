/** Whoever runs scripts on the store. */

import type { Script } from "./script.ts";

export interface Scripts {
  /** Sent as `KEYS[1]`, the root of our own keys, and `ARGV`. */
  run(script: Script, ...args: readonly (string | number | Buffer)[]): Promise<unknown>;
  /** The same; what the script returns are Buffers where they would be texts. */
  runForBuffers(script: Script, ...args: readonly (string | number | Buffer)[]): Promise<unknown>;
}
