/** The end of a file that may be long. */

import { closeSync, existsSync, fstatSync, openSync, readSync } from "node:fs";

/** The last bytes of a file, as text; empty if there is no such file. */
export function tail(file: string, bytes = 20_000): string {
  if (!existsSync(file)) return "";
  const descriptor = openSync(file, "r");
  try {
    const { size } = fstatSync(descriptor);
    const length = Math.min(size, bytes);
    const buffer = Buffer.alloc(length);
    return buffer.toString("utf8", 0, readSync(descriptor, buffer, 0, length, size - length));
  } finally {
    closeSync(descriptor);
  }
}
