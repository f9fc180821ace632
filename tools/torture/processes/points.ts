/** Named points: a process that was told so kills itself exactly there, after writing down where it was. */

import type { HistoryWriter } from "../history/writer.ts";
import type { Point } from "../plan/faults.ts";

export class Points {
  readonly #history: HistoryWriter;
  #armed: Point | null = null;

  constructor(history: HistoryWriter) {
    this.#history = history;
  }

  /** @param point - `null`: none any more */
  arm(point: Point | null): void {
    this.#armed = point;
  }

  /** Does not return if this is the point. */
  pass(point: Point): void {
    if (point !== this.#armed) return;
    this.#history.write({ kind: "point", point });
    killSelf();
  }
}

/** Nothing of this process runs after this call. */
export function killSelf(): never {
  process.kill(process.pid, "SIGKILL");
  for (;;) standStill(1_000);
}

/** The whole event loop, without work for the machine. */
export function standStill(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
