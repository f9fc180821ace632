/** Waiting for a server that has just been started. */

import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Supervised } from "./supervised.ts";
import { tail } from "./tail.ts";

export interface ReadyOptions {
  /** For the error: `PostgreSQL 18.4`. */
  readonly name: string;
  readonly logFile: string;
  readonly limitMs: number;
  readonly isReady: () => boolean | Promise<boolean>;
}

/** Resolves when the server is ready. If it ends or takes too long, it is killed; rejects with the end of its log. */
export async function untilReady(server: Supervised, options: ReadyOptions): Promise<void> {
  const { name, logFile, limitMs, isReady } = options;
  let hasEnded = false;
  void server.ended.then(() => {
    hasEnded = true;
  });
  const limit = performance.now() + limitMs;
  while (!(await isReady())) {
    if (hasEnded) throw new Error(`${name} has ended before it was ready:\n${tail(logFile)}`);
    if (performance.now() > limit) {
      await server.kill();
      throw new Error(`${name} was not ready after ${limitMs} ms:\n${tail(logFile)}`);
    }
    await sleep(10);
  }
}

/** Whether something listens on this port of 127.0.0.1. */
export function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const answer = (is: boolean): void => {
      socket.destroy();
      resolve(is);
    };
    socket.once("connect", () => answer(true));
    socket.once("error", () => answer(false));
  });
}
