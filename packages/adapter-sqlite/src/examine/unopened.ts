/** What can be said of a file that SQLite does not open: where it lies, and who may use it. */

import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { Diagnosis } from "@jobyard/core/adapter";
import { MEMORY } from "../file.ts";
import { look } from "./examination.ts";
import { checkDisk, checkFileSystem, checkPermissions } from "./surroundings.ts";

/**
 * Opens nothing and changes nothing. Of a file that does not exist its folder is told.
 *
 * @param path - as in the adapter's option `file`
 */
export function examineUnopened(path: string): readonly Diagnosis[] {
  const file = resolve(path);
  if (path === MEMORY || !existsSync(dirname(file))) return [];
  const checks = {
    SQLITE_FILE_SYSTEM: checkFileSystem,
    ...(existsSync(file) && { SQLITE_PERMISSIONS: checkPermissions }),
    SQLITE_DISK: checkDisk,
  };
  return Object.entries(checks).map(([code, check]) => look(code, check, { file }));
}
