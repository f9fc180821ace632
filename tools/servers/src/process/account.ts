/** Under whose name a server runs, and whether that account can get at a file. PostgreSQL refuses to run as root. */

import { spawnSync } from "node:child_process";
import { statSync } from "node:fs";
import { dirname, resolve } from "node:path";

export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** As root: the account `postgres` if there is one, else `nobody`; none is created. Null: the caller's own will do. */
export function unprivilegedAccount(): Account | null {
  if (process.getuid?.() !== 0) return null;
  return lookUp("postgres") ?? lookUp("nobody") ?? { uid: 65_534, gid: 65_534 };
}

/** Whether the account may enter the folder and all those above it, going by their modes. */
export function canEnter(account: Account, folder: string): boolean {
  const above = dirname(resolve(folder));
  return mayExecute(account, folder) && (above === resolve(folder) || canEnter(account, above));
}

function lookUp(name: string): Account | null {
  const [uid, gid] = ["-u", "-g"].map((flag) => {
    const { status, stdout } = spawnSync("id", [flag, name], { encoding: "utf8" });
    return status === 0 ? Number(stdout) : null;
  });
  return uid == null || gid == null ? null : { uid, gid };
}

function mayExecute({ uid, gid }: Account, path: string): boolean {
  const stats = statSync(path);
  if (stats.uid === uid) return (stats.mode & 0o100) !== 0;
  if (stats.gid === gid) return (stats.mode & 0o010) !== 0;
  return (stats.mode & 0o001) !== 0;
}
