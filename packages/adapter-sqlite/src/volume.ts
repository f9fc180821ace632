/** Where a file may lie: not where SQLite's locks or its shared memory may fail without a word. */

import { dirname } from "node:path";
import { QueueError } from "@jobyard/core/adapter";
import { type FileSystemPort, fileSystemOf } from "./file-system.ts";

const warned = new Set<string>();

/**
 * Refuses a network file system; of one that may be a network's it warns once per folder.
 *
 * @param file - absolute; its folder exists
 * @throws QueueError `STORE_UNSAFE`
 */
export function checkVolume(file: string, port?: FileSystemPort): void {
  const folder = dirname(file);
  const { name, kind } = fileSystemOf(folder, port);
  if (kind === "network")
    throw new QueueError(
      "STORE_UNSAFE",
      `file ${file}: it lies on a network file system (${name}), where locks and shared memory cannot be relied on`,
      { field: "file" },
    );
  if (kind !== "unsure" || warned.has(folder)) return;
  warned.add(folder);
  process.emitWarning(
    `${folder} is a file system (${name}) that may be a network's: SQLite's locks and its log need a local disk. If it is one, add ?network=allow to the URL.`,
    { type: "JobyardWarning" },
  );
}
