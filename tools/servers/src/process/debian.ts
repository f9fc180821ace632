/**
 * Programs from packages of Debian and Ubuntu, unpacked into a private folder. Nothing is installed, no account but
 * the caller's is needed, and apt's own lists and locks are left alone.
 */

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";

const UNPACKED = join(import.meta.dirname, "../../node_modules/.cache/debian");
const LIMIT_MS = 120_000;

/**
 * The folder into which the package and those of its dependencies that this machine lacks are unpacked. Fetched once.
 * Throws with apt's words if that fails.
 */
export function unpackedDebian(name: string): string {
  const folder = join(UNPACKED, `${name}-${process.arch}`);
  if (existsSync(folder)) return folder;
  mkdirSync(UNPACKED, { recursive: true });
  const work = mkdtempSync(join(UNPACKED, "fetching-"));
  try {
    const root = join(work, "root");
    mkdirSync(root);
    for (const archive of fetch(name, work)) run("dpkg-deb", ["-x", archive, root]);
    moveOnce(root, folder);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return folder;
}

/** The folders with libraries in what was unpacked, for LD_LIBRARY_PATH. */
export function libraryFolders(unpacked: string): readonly string[] {
  return ["usr/lib", "lib"]
    .map((folder) => join(unpacked, folder))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
    .filter((folder) => /-linux-gnu\w*$/.test(folder));
}

/** If another process was faster, its folder is as good. */
function moveOnce(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (!existsSync(to)) throw error;
  }
}

function fetch(name: string, work: string): readonly string[] {
  for (const folder of ["state/lists/partial", "cache/archives/partial"])
    mkdirSync(join(work, folder), { recursive: true });
  const settings = {
    "Dir::State": join(work, "state"),
    "Dir::State::status": "/var/lib/dpkg/status",
    "Dir::Cache": join(work, "cache"),
    "Dir::Log": work,
    "Debug::NoLocking": "1",
    "APT::Sandbox::User": "",
    "Acquire::Languages": "none",
    "Acquire::http::Timeout": "20",
    "Acquire::Retries": "1",
  };
  const options = Object.entries(settings).flatMap(([key, value]) => ["-o", `${key}=${value}`]);
  run("apt-get", [...options, "-qq", "update"]);
  run("apt-get", [...options, "-qq", "-y", "--download-only", "--no-install-recommends", "install", name]);
  const archives = join(work, "cache/archives");
  return readdirSync(archives)
    .filter((file) => file.endsWith(".deb"))
    .map((file) => join(archives, file));
}

function run(program: string, args: readonly string[]): void {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: "utf8", timeout: LIMIT_MS });
  if (status !== 0) throw error ?? new Error(`${program} ${args.slice(-2).join(" ")}: ${stderr || stdout}`);
}
