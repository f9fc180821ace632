/**
 * Keeps the file and its write-ahead log small while work goes on. Done by every sweep, in steps that are short: what
 * one leaves the next does.
 *
 * SQLite's own checkpoints copy the log into the file, every 16 MiB or so, but they never wait for anybody: the log
 * starts anew only if at that moment nobody reads from it. With readers that overlap it would grow for ever. A
 * checkpoint that truncates lets new readers read the file only, and waits a moment for the others.
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
/** The log's size is looked at after so many commits, besides in each sweep: in between much can be written. */
const COMMITS_PER_LOOK = 64;
/** Pages that are not copied yet are counted after so many commits. */
const COMMITS_PER_COUNT = 8;
/** So many are worth a checkpoint of the thread: a quarter of what SQLite waits for. */
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
  #hasFailedToCut = false;

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
  }

  /** One short step of each. A lock of another process puts it off to the next sweep. */
  tend(): void {
    try {
      const hasGiven = this.#giveBackPages();
      this.#hasFailedToCut = false;
      if (this.#checkpoints === "external") return;
      // The file shrinks when the log is copied.
      if (hasGiven) this.#checkpoint(copyLog);
      this.#cutLog();
    } catch (error) {
      if (!isBusy(error)) throw error;
    }
  }

  /** After a commit: a log that grew large since the last sweep is cut. Tried once between two sweeps if it fails. */
  committed(): void {
    this.#commits += 1;
    if (this.#commits % COMMITS_PER_COUNT !== 0 || this.#checkpoints === "external") return;
    this.#copyAhead();
    if (this.#commits % COMMITS_PER_LOOK !== 0 || this.#hasFailedToCut) return;
    if (this.#logSize() <= this.#limits.largeLog) return;
    try {
      this.#hasFailedToCut = this.#cut() !== "cut";
    } catch {
      // The step was committed, and its caller shall hear that. What is wrong the next sweep will meet, and tell.
      this.#hasFailedToCut = true;
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
    this.#failures = this.#cut() === "busy" ? this.#failures + 1 : 0;
    this.#pause = Math.min(2 ** this.#failures - 1, LONGEST_PAUSE);
  }

  /** `pinned`: a reader that began long ago is in the way, and waiting for it would be in vain. `busy`: it was in vain. */
  #cut(): "cut" | "pinned" | "busy" {
    const { log, checkpointed } = this.#checkpoint(copyLog);
    if (log - checkpointed > CHECKPOINT_PAGES) return "pinned";
    return this.#checkpoint(truncateLog).busy === 0 ? "cut" : "busy";
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
