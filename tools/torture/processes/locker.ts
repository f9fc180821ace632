/** A process that is not ours, as far as the store knows: it takes the write lock and keeps it for a while. */

import { setTimeout as sleep } from "node:timers/promises";
import { BACKENDS } from "../backends/backends.ts";
import { type LockerSettings, obey, say, settingsOfProcess } from "./messages.ts";

const { backend, url, forMs } = settingsOfProcess<LockerSettings>();
obey(() => {});
const unlock = await BACKENDS.get(backend)?.holdWriteLock(url);
const from = performance.now();
say({ say: "locked" });
await sleep(forMs);
await unlock?.();
say({ say: "unlocked", forMs: Math.round(performance.now() - from) });
process.disconnect?.();
