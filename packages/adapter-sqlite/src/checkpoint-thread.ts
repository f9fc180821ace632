/** The thread of checkpointer.ts: a connection of its own, one checkpoint for each message, until it is told to end. */

import { parentPort, workerData } from "node:worker_threads";
import Database from "better-sqlite3";

export interface ThreadData {
  readonly file: string;
  /** As SQLite names it. */
  readonly synchronous: "FULL" | "NORMAL";
}
export type ThreadMessage = "checkpoint" | "end";

const { file, synchronous } = workerData as ThreadData;
const database = new Database(file, { fileMustExist: true, timeout: 0 });
database.pragma(`synchronous = ${synchronous}`);

parentPort?.on("message", (message: ThreadMessage) => {
  if (message === "end") {
    database.close();
    parentPort?.close();
  } else {
    // Waits for nobody: what a reader is in the way of comes with the next.
    database.pragma("wal_checkpoint(PASSIVE)");
    parentPort?.postMessage("done");
  }
});
