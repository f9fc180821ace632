/** One queue as a worker serves it: its slots, the jobs claimed ahead of them, and how much to claim next. */

import { DEFAULTS } from "../../nouns/defaults.ts";
import type { Turn } from "./turn.ts";
import type { QueueSetting } from "./worker-options.ts";

/** Jobs held ahead of the slots at most, however fast the handlers are. */
const MOST_AHEAD = 1_000;
/** Runs to measure before anything is claimed ahead. */
const FEWEST_RUNS = 8;
/** Queues bounded to this size or less are never claimed beyond free slots: who sees them nearly full means it. */
export const SMALL_QUEUE = 1_000;
/** Weight of the newest run in the estimate, if it was quicker. */
const NEWEST = 0.1;

export class Line {
  readonly queue: string;
  readonly concurrency: number;
  /** False while jobs that a restart found are still being put aside. */
  open: boolean;
  /** The queue is bounded to {@link SMALL_QUEUE} or less, or that is not known yet. */
  small = true;
  running = 0;
  #unstarted: Turn[] = [];
  #head = 0;
  #runs = 0;
  /** How long a handler takes: up at once with a slow run, down little by little with quick ones. */
  #estimateMs = 0;
  #starts = 0;
  #lastBeat = { starts: 0, unstarted: 0 };

  constructor({ queue, concurrency, onRestart }: QueueSetting) {
    this.queue = queue;
    this.concurrency = concurrency;
    this.open = onRestart === "run";
  }

  get unstarted(): number {
    return this.#unstarted.length - this.#head;
  }

  add(turn: Turn): void {
    this.#unstarted.push(turn);
  }

  /** The next job to start, if there is one and a slot is free. */
  next(): Turn | null {
    if (this.running >= this.concurrency) return null;
    const turn = this.#unstarted[this.#head];
    if (turn === undefined) return null;
    this.#head += 1;
    this.#starts += 1;
    if (this.#head === this.#unstarted.length) this.#replace([]);
    return turn;
  }

  /** Takes those out that have not started and fit. */
  withdraw(fits: (turn: Turn) => boolean): readonly Turn[] {
    const all = this.#unstarted.slice(this.#head);
    const out = all.filter(fits);
    if (out.length > 0) this.#replace(all.filter((turn) => !out.includes(turn)));
    return out;
  }

  #replace(unstarted: Turn[]): void {
    this.#unstarted = unstarted;
    this.#head = 0;
  }

  /** @param ms - how long the handler took */
  ran(ms: number): void {
    this.#runs += 1;
    this.#estimateMs = Math.max(ms, this.#estimateMs + NEWEST * (ms - this.#estimateMs));
  }

  /**
   * True if jobs stood behind busy slots from the last heartbeat to this one and none could start: then others
   * should have them, and no more are claimed ahead until the slots are quick again.
   *
   * @param beatMs - since the last heartbeat; what runs now has taken that long at least
   */
  isStalled(beatMs: number): boolean {
    const { starts, unstarted } = this.#lastBeat;
    this.#lastBeat = { starts: this.#starts, unstarted: this.unstarted };
    if (unstarted === 0 || this.unstarted === 0 || starts !== this.#starts) return false;
    this.ran(beatMs);
    return true;
  }

  /** How many jobs to claim now; 0 while enough are in hand. */
  wanted(): number {
    if (!this.open) return 0;
    const ahead = this.#ahead();
    if (this.unstarted > ahead / 2) return 0;
    return Math.max(0, this.concurrency - this.running + ahead - this.unstarted);
  }

  /**
   * What the slots get done in `prefetchMs` at the measured rate. Nothing if one job alone takes longer, nor before as
   * many as there are slots were measured, and {@link FEWEST_RUNS}: a few quick ones may be the exception.
   */
  #ahead(): number {
    const estimate = this.#estimateMs;
    if (this.small || this.#runs < Math.max(this.concurrency, FEWEST_RUNS)) return 0;
    if (estimate > DEFAULTS.prefetchMs) return 0;
    return Math.min(MOST_AHEAD, Math.floor((this.concurrency * DEFAULTS.prefetchMs) / Math.max(estimate, 0.001)));
  }
}
