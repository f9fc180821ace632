/** A port to listen on that nothing else will take by chance. */

import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/** Below the ports that the kernel gives to outgoing connections: those would take it while a server is down. */
const LOWEST = 20_000;
const HIGHEST = 32_000;
const TRIES = 50;
const STARTS = 5;

/** A port of 127.0.0.1 that is free now. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const port = randomInt(LOWEST, HIGHEST);
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port of 127.0.0.1 in ${TRIES} tries between ${LOWEST} and ${HIGHEST}`);
}

/** The port that is asked for, else a free one, with which the start has succeeded. */
export async function onSomePort(wanted: number | undefined, start: (port: number) => Promise<void>): Promise<number> {
  for (let starts = 1; ; starts += 1) {
    const port = wanted ?? (await freePort());
    try {
      await start(port);
      return port;
    } catch (error) {
      // Another process was faster. In the C locale servers say it in these words.
      const isTaken = error instanceof Error && error.message.includes("Address already in use");
      if (wanted !== undefined || !isTaken || starts === STARTS) throw error;
    }
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
