/** A bar on stderr while something long runs. Nothing at all if stderr is not a terminal. */

import { countText } from "./text.ts";

export interface Progress {
  show(done: number): void;
  /** Takes the bar away, so that what follows starts on a clean line. */
  end(): void;
}

const WIDTH = 30;
const CLEAR_LINE = "\r\u001b[K";

/** @param total - what `done` is compared with; `exact: false` shows a count without a bar */
export function createProgress(total: { readonly n: number; readonly exact: boolean }): Progress {
  const { stderr } = process;
  if (!stderr.isTTY) return { show: () => {}, end: () => {} };
  return {
    show: (done) => {
      stderr.write(
        `${CLEAR_LINE}${total.exact ? bar(done, total.n) : ""}${done.toLocaleString("en")} of ${countText(total)}`,
      );
    },
    end: () => {
      stderr.write(CLEAR_LINE);
    },
  };
}

function bar(done: number, total: number): string {
  const filled = total === 0 ? WIDTH : Math.min(WIDTH, Math.round((WIDTH * done) / total));
  return `${"█".repeat(filled)}${"░".repeat(WIDTH - filled)} `;
}
