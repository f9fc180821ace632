/** Errors that reached a user of the yard: what `enqueue` threw, and what the worker told its `onError` hook. */

import { isQueueError } from "@jobyard/core";
import { openLines } from "./writer.ts";

export interface SeenError {
  readonly at: number;
  readonly process: string;
  readonly doing: string;
  /** The code of a `QueueError`, or `UNTYPED: ` and the message of anything else. */
  readonly error: string;
  readonly message: string;
}

export interface ErrorLog {
  note(doing: string, error: unknown): void;
}

export function openErrors(folder: string, process: string): ErrorLog {
  const append = openLines(folder, process);
  return {
    note: (doing, error) =>
      append({ at: Date.now(), process, doing, error: nameOf(error), message: messageOf(error) } satisfies SeenError),
  };
}

export const nameOf = (error: unknown): string => (isQueueError(error) ? error.code : `UNTYPED: ${messageOf(error)}`);

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
