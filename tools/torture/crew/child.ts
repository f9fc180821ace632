/** One process of a run: started from the source as it stands, spoken to over a channel, its output in a file. */

import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import type { Command, Word } from "../processes/messages.ts";

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Child {
  readonly name: string;
  readonly pid: number;
  /** Resolves when the system has told us that the process is gone. */
  readonly gone: Promise<Exit>;
  readonly isGone: boolean;
  tell(command: Command): void;
  kill(signal: NodeJS.Signals): void;
  /** @returns what ends it */
  onWord(listener: (word: Word) => void): () => void;
}

export type Script = "worker" | "producer" | "locker";

/** Its heap is small, so that a handler that hoards memory is over soon. */
const HEAP_MB = 96;

/** @param settings - what the process reads with `settingsOfProcess` */
export function startChild(script: Script, settings: { readonly name: string }, folder: string): Child {
  const logs = join(folder, "logs");
  mkdirSync(logs, { recursive: true });
  const log = openSync(join(logs, `${settings.name}.log`), "a");
  const child = spawn(
    process.execPath,
    [
      "-C",
      "@jobyard/source",
      `--max-old-space-size=${HEAP_MB}`,
      join(import.meta.dirname, "../processes", `${script}.ts`),
      JSON.stringify(settings),
    ],
    { stdio: ["ignore", log, log, "ipc"] },
  );
  closeSync(log);
  return wrap(settings.name, child);
}

function wrap(name: string, child: ChildProcess): Child {
  const { pid } = child;
  if (pid === undefined) throw new Error(`${name} could not be started`);
  const { promise: gone, resolve } = Promise.withResolvers<Exit>();
  let exit: Exit | null = null;
  child.once("exit", (code, signal) => {
    exit = { code, signal };
    resolve(exit);
  });
  // A channel that breaks with its process is no news: `gone` tells.
  child.on("error", () => {});
  return {
    name,
    pid,
    gone,
    get isGone() {
      return exit !== null;
    },
    tell: (command) => {
      if (child.connected) child.send(command, () => {});
    },
    kill: (signal) => void child.kill(signal),
    onWord: (listener) => {
      child.on("message", listener);
      return () => child.off("message", listener);
    },
  };
}

export const printExit = ({ code, signal }: Exit): string => signal ?? `exit code ${code}`;
