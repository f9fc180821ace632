import "server-only";

/** Once per process, before the first request: read the settings, open the backend, or say why not and stop. */

import { type ErrorCode, isQueueError, QueueError } from "@jobyard/core";
import { stampPeers } from "./peer";
import { keepRuntime, openRuntime } from "./runtime";
import { readSettings } from "./settings";

/** What whoever starts it got wrong: exit code 2, as in the other commands. Anything else that failed: 1. */
const WRONG_USE: ReadonlySet<ErrorCode> = new Set(["CONFIG_INVALID", "BAD_URL"]);

export async function start(): Promise<void> {
  try {
    stampPeers();
    keepRuntime(await openRuntime(readSettings(process.env)));
  } catch (error) {
    const known = isQueueError(error) ? error : new QueueError("STORE_UNAVAILABLE", String(error));
    process.stderr.write(`error[${known.code}]: ${known.message}\n`);
    process.exit(WRONG_USE.has(known.code) ? 2 : 1);
  }
}
