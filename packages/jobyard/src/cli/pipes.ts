/**
 * Readers that leave: `jobyard jobs | head` closes the pipe when it has seen enough, and that is no failure.
 *
 * What changes jobs goes on to its end; only what would print for ever asks whether anyone still listens.
 */

let listening = true;

/** Once, before the first line is written. */
export function toleratePipes(): void {
  const onError = (error: NodeJS.ErrnoException): void => {
    if (error.code !== "EPIPE") throw error;
    listening = false;
  };
  process.stdout.on("error", onError);
  process.stderr.on("error", onError);
}

/** False once stdout or stderr has no reader any more. */
export const isListening = (): boolean => listening;
