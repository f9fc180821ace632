/**
 * A disk that can be filled: a tmpfs of a few megabytes. It needs the right to mount, which `main.ts` gets itself in a
 * namespace of its own where the user has none.
 */

import { execFile } from "node:child_process";
import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { SmallDisk } from "./backend.ts";

const run = promisify(execFile);

const CHUNKS = [1_048_576, 65_536, 4_096, 1];

/** @param mount - an empty folder, which becomes the disk until it is closed */
export async function openSmallDisk(
  mount: string,
  megabytes: number,
): Promise<{ readonly disk: SmallDisk; readonly close: () => Promise<void> }> {
  await run("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m`, "torture", mount]);
  const ballast = join(mount, "ballast");
  return {
    disk: {
      means: `tmpfs of ${megabytes} MB`,
      fill: async () => fill(ballast),
      free: async () => rmSync(ballast),
    },
    close: async () => {
      await run("umount", [mount]);
    },
  };
}

/** True if this process could do so. */
export async function mayMount(): Promise<boolean> {
  // Mounts over a folder that everybody has, where only the command itself sees it.
  return run("unshare", ["-m", "mount", "-t", "tmpfs", "torture", "/tmp"]).then(
    () => true,
    () => false,
  );
}

/** Others write at the same time, so room may be left that shrinks with every try: down to the single byte. */
function fill(ballast: string): string {
  const file = openSync(ballast, "a");
  let answer = "";
  try {
    for (const size of CHUNKS) answer = writeUntilFull(file, Buffer.alloc(size));
  } finally {
    closeSync(file);
  }
  return answer;
}

function writeUntilFull(file: number, chunk: Buffer): string {
  for (;;) {
    try {
      writeSync(file, chunk);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOSPC") return (error as Error).message;
      throw error;
    }
  }
}
