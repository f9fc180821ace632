/** How a change of a queue's settings is applied, alike in every store. */

import { DEFAULTS } from "../nouns/defaults.ts";
import { RETAINED_STATES, sameRetention } from "../nouns/retention.ts";
import type { QueueSettings, SettingsChange } from "./adapter.ts";

/** What holds for a queue that nobody configured. */
export const DEFAULT_SETTINGS: QueueSettings = { maxSize: null, retention: DEFAULTS.retention };

/** What is not named stays as it was. */
export const changeSettings = (before: QueueSettings, { maxSize, retention }: SettingsChange): QueueSettings => ({
  maxSize: maxSize === undefined ? before.maxSize : maxSize,
  retention: { ...before.retention, ...retention },
});

export const sameSettings = (a: QueueSettings, b: QueueSettings): boolean =>
  a.maxSize === b.maxSize && RETAINED_STATES.every((state) => sameRetention(a.retention[state], b.retention[state]));
