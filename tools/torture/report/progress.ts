/** One line that tells where a run is: in place on a terminal, now and then elsewhere. */

export interface Progress {
  /** What is printed is the newest text, when its time has come. */
  tell(text: string): void;
  close(): void;
}

const TERMINAL_EVERY_MS = 200;
const ELSEWHERE_EVERY_MS = 10_000;

export function openProgress(output: NodeJS.WriteStream): Progress {
  const everyMs = output.isTTY ? TERMINAL_EVERY_MS : ELSEWHERE_EVERY_MS;
  let toldAt = performance.now();
  return {
    tell: (text) => {
      if (performance.now() - toldAt < everyMs) return;
      toldAt = performance.now();
      output.write(output.isTTY ? `\r\u001b[K${text}` : `${text}\n`);
    },
    close: () => {
      if (output.isTTY) output.write("\r\u001b[K");
    },
  };
}
