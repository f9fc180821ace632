/**
 * Keeps the file and its write-ahead log small while work goes on. Done by every sweep, in steps that are short: what
 * one leaves the next does.
 *
 * SQLite's own checkpoints copy the log into the file, every 16 MiB or so, but they never wait for anybody: the log
 * starts anew only if at that moment nobody reads from it. With readers that overlap it would grow for ever. A
 * checkpoint that truncates lets new readers read the file only, and waits a moment for the others.
 *
 * The promise, with the names below: a log has at most `largeLog`, and what COMMITS_PER_LOOK commits of each process add,
 * and what is added while another connection copies it, and `retryLog` for each cut in a row that was in vain because
 * somebody read for longer than a connection waits (file.ts). Nobody can promise more: a reader that does not end keeps
 * whatever is written after it began.
 */

import { statSync } from "node:fs";
import type { Checkpointer } from "./checkpointer.ts";
import type { Connection } from "./connection.ts";
import { isBusy } from "./faults.ts";
import { CHECKPOINT_PAGES, LARGEST_LOG_BYTES, type Tuning } from "./file.ts";
import { type Checkpointed, copyLog, giveBackPages, lookAtLog, truncateLog } from "./sql/upkeep.sql.ts";

export interface UpkeepLimits {
  /** A log up to this is left alone. In bytes. */
  readonly smallLog: number;
  /** A log over this is cut as soon as it can be, however busy the store is. In bytes. */
  readonly largeLog: number;
  /** After a cut that was in vain it grows by this before commits try again, however large it is. In bytes. */
  readonly retryLog: number;
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
  // A wait of 100 ms at most for every 16 MiB that are written, while somebody always reads for longer than that.
  retryLog: LARGEST_LOG_BYTES / 2,
  freeShare: 0.25,
  freePages: 4_096,
  freeSweeps: 12,
};

/** Pages that come into the log between two sweeps while nothing happens but heartbeats. */
const CALM_PAGES = 64;
/** The log is looked at after so many commits, besides in each sweep: in between much can be written. */
export const COMMITS_PER_LOOK = 8;
/** So many pages that are not copied yet are worth a checkpoint of the thread: a quarter of what SQLite waits for. */
const THREAD_PAGES = CHECKPOINT_PAGES / 4;
/** Sweeps that are left out, at most, while a cut fails again and again: a reader has its place at the log's end. */
const LONGEST_PAUSE = 3;

export class Upkeep {
  readonly #db: Connection;
  readonly #log: string;
  readonly #limits: UpkeepLimits;
  /** `external`: another program sees to the log. */
  readonly #checkpoints: Tuning["checkpoints"];
  readonly #checkpointer: Pick<Checkpointer, "ask">;
  #lastPages: number | null = null;
  #failures = 0;
  #pause = 0;
  #sweepsWithSpare = 0;
  #commits = 0;
  /** A commit that finds the log over this cuts it. In bytes. */
  #cutFrom: number;

  constructor(
    db: Connection,
    { file, checkpoints }: Pick<Tuning, "file" | "checkpoints">,
    checkpointer: Pick<Checkpointer, "ask">,
    limits: UpkeepLimits = LIMITS,
  ) {
    this.#db = db;
    this.#log = `${file}-wal`;
    this.#checkpoints = checkpoints;
    this.#checkpointer = checkpointer;
    this.#limits = limits;
    this.#cutFrom = limits.largeLog;
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

  /** After a commit: a log that grew large since the last sweep is cut. */
  committed(): void {
    this.#commits += 1;
    if (this.#commits % COMMITS_PER_LOOK !== 0 || this.#checkpoints === "external") return;
    try {
      const size = this.#logSize();
      // SQLite may have begun it anew by itself.
      if (size <= this.#limits.largeLog) this.#cutFrom = this.#limits.largeLog;
      if (size > this.#cutFrom) this.#cut(size);
      else this.#copyAhead();
    } catch {
      // The step was committed, and its caller shall hear that. What is wrong the next sweep will meet, and tell.
    }
  }

  #copyAhead(): void {
    const { log, checkpointed } = this.#checkpoint(lookAtLog);
    if (log - checkpointed >= THREAD_PAGES) this.#checkpointer.ask();
  }

  #cutLog(): void {
    const { smallLog, largeLog } = this.#limits;
    const size = this.#logSize();
    if (size <= smallLog || this.#pause-- > 0) return;
    this.#pause = 0;
    if (!this.#isCalm() && size <= largeLog) return;
    this.#failures = this.#cut(size) === "busy" ? this.#failures + 1 : 0;
    this.#pause = Math.min(2 ** this.#failures - 1, LONGEST_PAUSE);
  }

  /**
   * `shared`: another connection is copying, and that costs nothing to find out: not in vain, the next look may do it.
   * `pinned`: a reader that began long ago is in the way, and waiting for it would be in vain. `busy`: it was in vain.
   */
  #cut(size: number): "cut" | "shared" | "pinned" | "busy" {
    const { largeLog, retryLog } = this.#limits;
    // Also if it throws: what is wrong with the disk will not be over at the next look.
    this.#cutFrom = Math.max(largeLog, size + retryLog);
    const { busy, log, checkpointed } = this.#checkpoint(copyLog);
    if (busy === 0 && log - checkpointed > CHECKPOINT_PAGES) return "pinned";
    if (busy === 0 && this.#checkpoint(truncateLog).busy === 1) return "busy";
    this.#cutFrom = largeLog;
    return busy === 0 ? "cut" : "shared";
  }

  #logSize(): number {
    return statSync(this.#log, { throwIfNoEntry: false })?.size ?? 0;
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
