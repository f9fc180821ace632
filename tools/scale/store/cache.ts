/**
 * The store to measure: made once, and kept outside of the repository under a name that tells what is in it.
 *
 * The name has the layout in it (the migrations' text) and this folder's own sources: a change of either makes a new store.
 */

import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sqliteAdapter } from "@jobyard/adapter-sqlite";
import { fill, fillingPorts } from "./fill.ts";

const MIGRATIONS = join(import.meta.dirname, "../../../packages/adapter-sqlite/src/migrations");

export interface Wanted {
  readonly jobs: number;
  readonly seed: number;
  /** Where stores are kept; default: a folder of the system for what may go. */
  readonly folder?: string;
  readonly onProgress: (text: string) => void;
}

/** The path of a store with so many jobs. */
export async function storeOf({ jobs, seed, folder, onProgress }: Wanted): Promise<string> {
  const kept = folder ?? join(tmpdir(), "jobyard-scale");
  await mkdir(kept, { recursive: true });
  const file = join(kept, `sqlite-${jobs}-${seed}-${await layout()}.db`);
  if (existsSync(file)) return file;
  await removeOthers(kept, `sqlite-${jobs}-${seed}-`);
  const unfinished = `${file}.${process.pid}`;
  const ports = fillingPorts();
  const adapter = sqliteAdapter({ file: unfinished, durability: "crash", ports });
  await fill(adapter, ports, { jobs, seed, onProgress: (done) => onProgress(`made ${done} of ${jobs} jobs`) });
  await adapter.close();
  await rename(unfinished, file);
  return file;
}

async function layout(): Promise<string> {
  const hash = createHash("sha256");
  for (const folder of [MIGRATIONS, import.meta.dirname])
    for (const name of (await readdir(folder)).sort()) hash.update(await readFile(join(folder, name)));
  return hash.digest("hex").slice(0, 12);
}

/** Stores of an older layout are of no more use, and large. */
async function removeOthers(folder: string, prefix: string): Promise<void> {
  for (const name of await readdir(folder)) if (name.startsWith(prefix)) await rm(join(folder, name), { force: true });
}
