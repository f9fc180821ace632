/**
 * Where stores are kept: outside of the repository, each made once, under a name that tells what is in it.
 *
 * The name has the layout in it (the text of migrations or scripts) and this folder's own sources: a change of either
 * makes a new store.
 */

import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Wanted } from "./full-store.ts";

/** Where an adapter says how it lays its data out. */
const LAYOUTS = { sqlite: "migrations", postgres: "migrations", redis: "lua" } as const;

export interface Kept extends Pick<Wanted, "jobs" | "seed" | "folder"> {
  readonly backend: keyof typeof LAYOUTS;
  /** Makes it at this path, and leaves it closed. */
  readonly make: (path: string) => Promise<void>;
}

/** The path of a store with so many jobs. */
export async function kept({ backend, jobs, seed, folder, make }: Kept): Promise<string> {
  const shelf = folder ?? join(tmpdir(), "jobyard-scale");
  await mkdir(shelf, { recursive: true });
  const path = join(shelf, `${backend}-${jobs}-${seed}-${await layoutOf(backend)}`);
  if (existsSync(path)) return path;
  await removeOthers(shelf, `${backend}-${jobs}-${seed}-`);
  const unfinished = `${path}.${process.pid}`;
  await make(unfinished);
  await rename(unfinished, path);
  return path;
}

async function layoutOf(backend: Kept["backend"]): Promise<string> {
  const hash = createHash("sha256");
  const layout = join(import.meta.dirname, `../../../packages/adapter-${backend}/src/${LAYOUTS[backend]}`);
  for (const folder of [layout, import.meta.dirname])
    for (const file of (await readdir(folder, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort())
      hash.update(await readFile(file));
  return hash.digest("hex").slice(0, 12);
}

/** Stores of an older layout are of no more use, and large. */
async function removeOthers(folder: string, prefix: string): Promise<void> {
  for (const name of await readdir(folder))
    if (name.startsWith(prefix)) await rm(join(folder, name), { recursive: true, force: true });
}
