/**
 * Lua scripts as values: a name, and the text that is made of the parts that it needs and its own body.
 *
 * Every script gets `KEYS[1]`, the root of our own keys, and makes all other keys from it, as BullMQ's scripts do:
 * all keys of a yard lie in one slot.
 */

import { serverClock, stoppedClock } from "./lua/clock.lua.ts";

/** A piece of Lua that scripts share. It may use what the parts before it define. */
export interface Part {
  readonly needs: readonly Part[];
  readonly lua: string;
}

export interface Script {
  /** Unique; what the command is called on a connection. */
  readonly name: string;
  /** Each once, every one after those that it needs. */
  readonly parts: readonly Part[];
  readonly body: string;
  /** It writes nothing: may be run again, and by users who may only read. */
  readonly reads: boolean;
}

/** Where a script reads the time: `stopped` is for tests, whose time stands still but for what they add. */
export type Clock = "server" | "stopped";

export const part = (needs: readonly Part[], lua: string): Part => ({ needs, lua });

export const script = (name: string, needs: readonly Part[], body: string): Script => ({
  ...{ name, body, reads: false },
  parts: inOrder(needs),
});

export const readingScript = (name: string, needs: readonly Part[], body: string): Script => ({
  ...script(name, needs, body),
  reads: true,
});

/** @param besideV5 - programs with BullMQ 5 work on the queues too */
export function textOf({ parts, body }: Script, clock: Clock, besideV5 = false): string {
  const time = clock === "server" ? serverClock : stoppedClock;
  const beside = `local BESIDE_V5 = ${besideV5}\n`;
  return [time, beside, ...parts.map(({ lua }) => lua), body].join("\n");
}

function inOrder(parts: readonly Part[], found: Set<Part> = new Set()): readonly Part[] {
  for (const one of parts) {
    inOrder(one.needs, found);
    found.add(one);
  }
  return [...found];
}
