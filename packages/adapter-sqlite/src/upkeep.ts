/**
 * Keeps the file and its write-ahead log small while work goes on. Done by every sweep, in steps that are short: what
 * one leaves the next does.
 *
 * SQLite's own checkpoints copy the log into the file, every 16 MiB or so, but they never wait for anybody: the log
 * starts anew only if at that moment nobody reads from it. With readers that overlap it would grow for ever. A
 * checkpoint that truncates lets new readers read the file only, and waits a moment for the others.
 */

import { statSync } from "node:fs";
import type { Connection } from "./connection.ts";
import { isBusy } from "./faults.ts";
import { CHECKPOINT_PAGES, LARGEST_LOG_BYTES } from "./file.ts";
import { type Checkpointed, copyLog, giveBackPages, lookAtLog, truncateLog } from "./sql/upkeep.sql.ts";

export interface UpkeepLimits {
  /** A log up to this is left alone. In bytes. */
  readonly smallLog: number;
  /** A log over this is cut as soon as it can be, however busy the store is. In bytes. */
  readonly largeLog: number;
  /** Free pages are kept for new jobs up to this share of the file, … */
  readonly freeShare: number;
  /** … up to this many, … */
  readonly freePages: number;
  /** … and until there were more in so many sweeps in a row: steady work fills what retention frees. */
  readonly freeSweeps: number;
}

const MiB = 1_048_576;
export const LIMITS: UpkeepLimits = {
  smallLog: MiB,
  largeLog: LARGEST_LOG_BYTES,
  freeShare: 0.25,
  freePages: 4_096,
  freeSweeps: 12,
};

/** Pages that come into the log between two sweeps while nothing happens but heartbeats. */
const CALM_PAGES = 64;
/** Sweeps that are left out, at most, while a cut fails again and again: a reader has its place at the log's end. */
const LONGEST_PAUSE = 3;

export class Upkeep {
  readonly #db: Connection;
  readonly #log: string;
  readonly #limits: UpkeepLimits;
  readonly #checkpoints: "own" | "external";
  #lastPages: number | null = null;
  #failures = 0;
  #pause = 0;
  #sweepsWithSpare = 0;

  /** @param checkpoints - `external`: another program sees to the log */
  constructor(db: Connection, file: string, checkpoints: "own" | "external", limits: UpkeepLimits = LIMITS) {
    this.#db = db;
    this.#log = `${file}-wal`;
    this.#checkpoints = checkpoints;
    this.#limits = limits;
  }

  /** One short step of each. A lock of another process puts it off to the next sweep. */
  tend(): void {
    try {
      const hasGiven = this.#giveBackPages();
      if (this.#checkpoints === "external") return;
      // The file shrinks when the log is copied.
      if (hasGiven) this.#checkpoint(copyLog);
      this.#cutLog();
    } catch (error) {
      if (!isBusy(error)) throw error;
    }
  }

  #cutLog(): void {
    const { smallLog, largeLog } = this.#limits;
    const size = statSync(this.#log, { throwIfNoEntry: false })?.size ?? 0;
    if (size <= smallLog || this.#pause-- > 0) return;
    this.#pause = 0;
    if (!this.#isCalm() && size <= largeLog) return;
    const { log, checkpointed } = this.#checkpoint(copyLog);
    // More than a checkpoint's worth that cannot be copied: a reader began long ago. Waiting for it would be in vain.
    if (log - checkpointed > CHECKPOINT_PAGES) return;
    const isCut = this.#checkpoint(truncateLog).busy === 0;
    this.#failures = isCut ? 0 : this.#failures + 1;
    this.#pause = isCut ? 0 : Math.min(2 ** this.#failures - 1, LONGEST_PAUSE);
  }

  /** Next to nothing was written since the last sweep. */
  #isCalm(): boolean {
    const { log } = this.#checkpoint(lookAtLog);
    const last = this.#lastPages;
    this.#lastPages = log;
    return last !== null && log >= last && log - last <= CALM_PAGES;
  }

  #checkpoint(statement: typeof lookAtLog): Checkpointed {
    return this.#db.get(statement, {}) ?? { busy: 1, log: 0, checkpointed: 0 };
  }

  /** From the end of the file, and only what is more than new jobs will soon need. False if there was nothing. */
  #giveBackPages(): boolean {
    const { freeShare, freePages, freeSweeps } = this.#limits;
    const free = Number(this.#db.pragma("freelist_count"));
    const hasSpare = free > freePages && free > freeShare * Number(this.#db.pragma("page_count"));
    this.#sweepsWithSpare = hasSpare ? this.#sweepsWithSpare + 1 : 0;
    if (this.#sweepsWithSpare < freeSweeps) return false;
    if (Number(this.#db.pragma("auto_vacuum")) !== INCREMENTAL) return false;
    this.#db.write(() => this.#db.execute(giveBackPages));
    return true;
  }
}

/** As SQLite numbers `auto_vacuum`. */
export const INCREMENTAL = 2;
