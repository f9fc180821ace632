/** PgBouncer where the machine has it, or from Debian's package where that is asked for. */

import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { Account } from "../process/account.ts";
import { libraryFolders, unpackedDebian } from "../process/debian.ts";
import { within } from "../process/folder.ts";
import { askVersion } from "../process/version.ts";

export interface PgBouncerBinary {
  readonly file: string;
  /** As the binary says it: `1.18.0`. */
  readonly version: string;
  readonly env: Readonly<Record<string, string>>;
}

const OPT_IN = "JOBYARD_TEST_PGBOUNCER";

/**
 * Whether tests through PgBouncer are to run: it is installed, or `JOBYARD_TEST_PGBOUNCER=1` asks for it. False means
 * that `startPgBouncer` would throw.
 */
export function isPgBouncerWanted(): boolean {
  return process.env[OPT_IN] === "1" || installed() !== undefined;
}

/** One that the account can run. Throws if there is none, with what would help. */
export async function choosePgBouncer(account: Account | null): Promise<PgBouncerBinary> {
  const file = installed();
  if (file !== undefined) return ask(file, {});
  if (process.env[OPT_IN] !== "1")
    throw new Error(`No PgBouncer on PATH. With ${OPT_IN}=1 Debian's package is fetched, without installing it.`);
  const folder = await within(account, unpackedDebian("pgbouncer"));
  return ask(join(folder, "usr/sbin/pgbouncer"), { LD_LIBRARY_PATH: libraryFolders(folder).join(delimiter) });
}

/** Debian puts it where only root's PATH leads. */
function installed(): string | undefined {
  return [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin"]
    .map((folder) => join(folder, "pgbouncer"))
    .find((file) => existsSync(file));
}

function ask(file: string, env: Readonly<Record<string, string>>): PgBouncerBinary {
  const said = askVersion(file, /PgBouncer ([\w.]+)/, { ...process.env, ...env });
  if (typeof said === "string") throw new Error(said);
  return { file, version: said[1] ?? "", env };
}
