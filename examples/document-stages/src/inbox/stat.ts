/** Looking at a file that may be gone by now. */

import type { Stats } from "node:fs";
import { stat } from "node:fs/promises";
import { isSystemError } from "../errors.ts";

export async function statOrNull(path: string): Promise<Stats | null> {
  try {
    return await stat(path);
  } catch (error) {
    if (isSystemError(error, "ENOENT")) return null;
    throw error;
  }
}
