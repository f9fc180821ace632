/** What kind of disk a folder lies on: SQLite on a file system in memory would measure something else. */

import { access, constants, statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { UsageError } from "./usage-error.ts";

/** As `statfs` tells them on Linux. */
const KINDS: ReadonlyMap<number, string> = new Map([
  [0xef53, "ext4"],
  [0x58465342, "xfs"],
  [0x9123683e, "btrfs"],
  [0x2fc12fc1, "zfs"],
  [0xf2f52010, "f2fs"],
  [0x794c7630, "overlayfs"],
  [0x6969, "nfs"],
  [0x01021994, "tmpfs"],
  [0x858458f6, "ramfs"],
]);
const IN_MEMORY = ["tmpfs", "ramfs"];

async function kindOf(folder: string): Promise<string> {
  const { type } = await statfs(folder);
  return KINDS.get(type) ?? `file system 0x${type.toString(16)}`;
}

export const describeFolder = async (folder: string): Promise<string> => `${await kindOf(folder)}, ${folder}`;

/**
 * The folder that was asked for, or else the first usual one that is not in memory.
 *
 * @throws UsageError
 */
export async function folderFor(asked: string | null): Promise<string> {
  for (const folder of asked === null ? [tmpdir(), "/var/tmp", process.cwd()] : [asked]) {
    if (!(await isWritable(folder))) continue;
    if (asked !== null || !IN_MEMORY.includes(await kindOf(folder))) return folder;
  }
  if (asked !== null) throw new UsageError(`--dir ${asked} is not a folder that can be written to.`);
  throw new UsageError("no usual folder for temporary files lies on a disk. Name one with --dir.");
}

async function isWritable(folder: string): Promise<boolean> {
  try {
    await access(folder, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
