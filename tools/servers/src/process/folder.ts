/** Folders outside the checkout, where a server's account can go, and copies of what it cannot reach. */

import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { accessSync, chownSync, constants, existsSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { type Account, canEnter } from "./account.ts";
import { keepForNow } from "./supervised.ts";

/** An empty folder of mode 700 that belongs to the account, removed when this process is gone. */
export async function temporaryFolder(name: string, account: Account | null): Promise<string> {
  const folder = join(placeFor(account), `jobyard-${name}-${randomBytes(4).toString("hex")}`);
  // First this: there is no moment at which nobody would remove it.
  await keepForNow(folder);
  mkdirSync(folder, { mode: 0o700 });
  if (account !== null) chownSync(folder, account.uid, account.gid);
  return folder;
}

/** Makes the folder, with all above it, where it is missing, and gives it to the account. Throws if that cannot enter. */
export function ownFolder(folder: string, account: Account | null): void {
  const above = dirname(resolve(folder));
  mkdirSync(above, { recursive: true });
  if (!existsSync(folder)) mkdirSync(folder, { mode: 0o700 });
  if (account === null) return;
  if (!canEnter(account, above))
    throw new Error(`the account with uid ${account.uid} cannot enter ${above}: give a folder below one that it can`);
  chownSync(folder, account.uid, account.gid);
}

/** The folder, or a copy of it for this process's time if the account cannot get at it. */
export async function within(account: Account | null, folder: string): Promise<string> {
  if (account === null || canEnter(account, folder)) return folder;
  const copy = await temporaryFolder("copy", account);
  copyInto(copy, folder, account);
  return copy;
}

/** Copies what is in a folder, for the account to own. */
export function copyInto(copy: string, folder: string, account: Account | null): void {
  run("cp", ["-pR", `${folder}/.`, copy]);
  if (account !== null) run("chown", ["-R", `${account.uid}:${account.gid}`, copy]);
}

function run(program: string, args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(program, args, { encoding: "utf8" });
  if (status !== 0) throw error ?? new Error(`${program} ${args.join(" ")}: ${stderr}`);
}

function placeFor(account: Account | null): string {
  const place = [tmpdir(), "/tmp", "/var/tmp"].find((folder) => existsSync(folder) && isUsable(folder, account));
  if (place === undefined) throw new Error(`no temporary folder that the account with uid ${account?.uid} can enter`);
  return place;
}

function isUsable(folder: string, account: Account | null): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return account === null || canEnter(account, folder);
  } catch {
    return false;
  }
}
