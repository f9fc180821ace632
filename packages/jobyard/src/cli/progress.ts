/** A bar on stderr while something long runs. Nothing at all if stderr is not a terminal. */

import { countText } from "./text.ts";

export interface Progress {
  /** As often as one likes: it is drawn ten times a second. */
  show(done: number): void;
  /** Takes the bar away, so that what follows starts on a clean line. */
  end(): void;
}

export interface ProgressOptions {
  /** What `done` is compared with; `null` if nobody knows. `exact: false` shows a count without a bar. */
  readonly total: { readonly n: number; readonly exact: boolean } | null;
  /** What is being done: "checking". */
  readonly label?: string;
}

const WIDTH = 30;
const CLEAR_LINE = "\r\u001b[K";
const REDRAW_MS = 100;
/** Before that a rate says nothing. */
const RATE_AFTER_MS = 1_000;

const NO_PROGRESS: Progress = { show: () => {}, end: () => {} };

/** True if somebody may be looking. */
export const showsProgress = (): boolean => process.stderr.isTTY === true;

export function createProgress({ total, label }: ProgressOptions): Progress {
  if (!showsProgress()) return NO_PROGRESS;
  const startedAt = performance.now();
  let drawnAt = Number.NEGATIVE_INFINITY;
  return {
    show: (done) => {
      const now = performance.now();
      if (now - drawnAt < REDRAW_MS) return;
      drawnAt = now;
      const parts = [
        label,
        total?.exact ? bar(done, total.n) : undefined,
        ofText(done, total),
        rateText(done, now - startedAt),
      ];
      process.stderr.write(`${CLEAR_LINE}${parts.filter((part) => part !== undefined).join(" ")}`);
    },
    end: () => {
      if (drawnAt > 0) process.stderr.write(CLEAR_LINE);
    },
  };
}

const ofText = (done: number, total: ProgressOptions["total"]): string =>
  `${done.toLocaleString("en")}${total === null ? "" : ` of ${countText(total)}`}`;

const rateText = (done: number, ms: number): string | undefined =>
  ms < RATE_AFTER_MS ? undefined : `${Math.round((done / ms) * 1_000).toLocaleString("en")}/s`;

function bar(done: number, total: number): string {
  const filled = total === 0 ? WIDTH : Math.min(WIDTH, Math.round((WIDTH * done) / total));
  return `${"█".repeat(filled)}${"░".repeat(WIDTH - filled)}`;
}
