/** What is set for a queue, as SQL stores keep it: its columns, and the nouns that are made from them. */

import type { Instant } from "../nouns/job.ts";
import type { QueueInfo, QueueSettings, SettingsChange } from "./adapter.ts";
import { changeSettings, DEFAULT_SETTINGS, sameSettings } from "./settings.ts";

export interface StoredPause {
  readonly paused_at: Instant | null;
  readonly paused_by: string | null;
  readonly paused_reason: string | null;
}

export interface StoredSettings {
  readonly max_size: number | null;
  /** JSON; null: nobody configured the queue. */
  readonly retention: string | null;
}

/** Null also for a queue that has no row. */
export const pausedIn = (row: StoredPause | undefined): QueueInfo["paused"] =>
  row === undefined || row.paused_at === null
    ? null
    : { at: row.paused_at, by: row.paused_by ?? "", reason: row.paused_reason };

/** The defaults also for a queue that has no row. */
export const settingsIn = (row: StoredSettings | undefined): QueueSettings =>
  row === undefined || row.retention === null
    ? DEFAULT_SETTINGS
    : { maxSize: row.max_size, retention: JSON.parse(row.retention) as QueueSettings["retention"] };

/** What holds after a change, and the columns that it writes: null if nothing changes. */
export function changeIn(
  row: StoredSettings | undefined,
  change: SettingsChange,
): { readonly settings: QueueSettings; readonly columns: StoredSettings | null } {
  const before = settingsIn(row);
  const settings = changeSettings(before, change);
  if (sameSettings(before, settings)) return { settings: before, columns: null };
  return { settings, columns: { max_size: settings.maxSize, retention: JSON.stringify(settings.retention) } };
}
