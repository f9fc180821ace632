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
  readonly lua: string | Rare;
}

interface Rare {
  readonly name: string;
  readonly parts: readonly Part[];
  readonly functions: readonly string[];
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

/**
 * Functions that few calls need. A server makes all functions of a script anew whenever it runs, which for a hundred of
 * them takes as long as the work itself; these are made when they are first asked for. In Lua `name()` is a table of them.
 *
 * @param shared - of `parts`, what whoever asks uses too: such a part is there once
 */
export const rarely = (
  name: string,
  shared: readonly Part[],
  parts: readonly Part[],
  functions: readonly string[],
): Part => ({ needs: shared, lua: { name, parts: inOrder(parts), functions } });

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
  return nested([`${time}local BESIDE_V5 = ${besideV5}`, ...textsOf(parts, new Set()), body]);
}

/**
 * Each within a function of its own. What a function uses of the functions around it costs nothing when it is made; for
 * a variable of the same function a server looks through all that are in use.
 */
const nested = (texts: readonly string[]): string =>
  texts
    .filter((text) => text.trim() !== "")
    .reduceRight((inner, outer) => `${outer}\nreturn (function()\n${inner}\nend)()`);

/** @param known - what is there already; what these define comes to it */
function textsOf(parts: readonly Part[], known: Set<Part>): readonly string[] {
  const missing = parts.filter((one) => !known.has(one));
  const within = new Set<Part>();
  return missing.map((one) => {
    // Two of a part would each have its own variables.
    if (within.has(one)) throw new Error(`to be shared with what is rare: ${one.lua}`);
    known.add(one);
    if (typeof one.lua === "string") return one.lua;
    const { name, parts: rare, functions } = one.lua;
    for (const inner of rare) if (!known.has(inner)) within.add(inner);
    const table = `return { ${functions.map((each) => `${each} = ${each}`).join(", ")} }`;
    return [
      `local made_${name}`,
      `local function ${name}()`,
      `if not made_${name} then made_${name} = (function()`,
      nested([...textsOf(rare, new Set(known)), table]),
      "end)() end",
      `return made_${name}`,
      "end",
    ].join("\n");
  });
}

function inOrder(parts: readonly Part[], found: Set<Part> = new Set()): readonly Part[] {
  for (const one of parts) {
    inOrder(one.needs, found);
    found.add(one);
  }
  return [...found];
}
