/** Counts which jobs have run, so that a round in which one ran twice or never is no measurement. */

import { nowMs } from "./clock.ts";

/** A time is noted each time that many more have run. */
export const MARK_EVERY = 100;

export class Tally {
  readonly #seen: Uint8Array;
  readonly #waiting = new Map<number, () => void>();
  /** When the 100th, 200th … job ran, by the shared clock. */
  readonly marks: number[] = [];
  count = 0;

  /** @param jobs - numbered from 0 */
  constructor(jobs: number) {
    this.#seen = new Uint8Array(jobs);
  }

  /** Called by the handler. Whatever happens more or less often than once is found by {@link check}. */
  ran(i: number): void {
    const before = this.#seen[i];
    if (before === undefined) throw new Error(`job ${i} was never enqueued`);
    if (before < 255) this.#seen[i] = before + 1;
    this.count++;
    if (this.count % MARK_EVERY === 0) this.marks.push(nowMs());
    this.#waiting.get(this.count)?.();
  }

  /** Calls back from within the handler of the job that is the `count`th to run. */
  at(count: number, callback: () => void): void {
    this.#waiting.set(count, callback);
  }

  reached(count: number): Promise<void> {
    return new Promise((resolve) => this.at(count, resolve));
  }

  /** @throws if not each of the first `jobs` ran exactly once */
  check(jobs: number): void {
    const never = this.#seen.subarray(0, jobs).filter((times) => times === 0).length;
    if (never > 0) throw new Error(`${never} of ${jobs} jobs never ran`);
    this.checkNoneTwice();
  }

  /** @throws if a job ran more than once */
  checkNoneTwice(): void {
    const twice = this.#seen.filter((times) => times > 1).length;
    if (twice > 0) throw new Error(`${twice} of ${this.#seen.length} jobs ran more than once`);
  }
}
