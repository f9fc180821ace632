/** What Linux says of a process. */

import { readFileSync } from "node:fs";

/** Its letter, `T` for stopped; `null` if there is no such process. Its name, in brackets, may have any characters. */
export function stateOf(pid: number): string | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    return text.charAt(text.lastIndexOf(")") + 2);
  } catch {
    return null;
  }
}

/** One that has ended, and that nobody has asked about yet, is not. */
export const isLiving = (pid: number): boolean => !/^[ZX]?$/.test(stateOf(pid) ?? "");
