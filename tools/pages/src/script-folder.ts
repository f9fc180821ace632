/** A page's programs where they find what they import, as on a reader's machine. */

import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import type { Script } from "./page.ts";

/**
 * A folder with programs under their names; goes when the test is over.
 *
 * @param packages - what they import, and the folder in which that is
 * @returns the folder's path
 */
export async function scriptFolder(
  scripts: readonly Script[],
  packages: Readonly<Record<string, string>>,
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "jobyard-docs-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const [name, at] of Object.entries(packages)) {
    const link = join(folder, "node_modules", name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(at, link, "dir");
  }
  for (const [name, code] of scripts) await writeFile(join(folder, name), code);
  return folder;
}
