/** Where the file lies: file system, permissions, room on the disk, and how much of the file and its log is in use. */

import { statfsSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { bytesText, type Diagnosis, shellWord } from "@jobyard/core/adapter";
import { fileSystemOf } from "../file-system.ts";
import { checkpoint } from "../sql/examine.sql.ts";
import { type Examination, MiB } from "./examination.ts";

/** What can be looked at from outside, whether SQLite opens the file or not. */
type Place = Pick<Examination, "file">;

export function checkFileSystem({ file }: Place): Diagnosis {
  const code = "SQLITE_FILE_SYSTEM";
  const { name, kind } = fileSystemOf(dirname(file));
  const evidence = { name, kind };
  switch (kind) {
    case "network":
      return {
        code,
        level: "problem",
        text: `The file lies on a network file system (${name}), where SQLite's locks and its log are not reliable.`,
        evidence,
        fix: "Move it to a local disk, or the jobs to Postgres or Redis.",
      };
    case "memory":
      return {
        code,
        level: "advice",
        text: `The file lies in memory (${name}) and is gone when the machine restarts.`,
        evidence,
        fix: "Move it to a disk if its jobs matter.",
      };
    case "unsure":
      return {
        code,
        level: "advice",
        text: `The file system (${name}) may be local or not.`,
        evidence,
        fix: "Make sure that it is a local disk with working locks.",
      };
    case "local":
      return { code, level: "ok", text: `The file lies on a local file system (${name}).`, evidence };
  }
}

const WORLD_READS = 0o004;
const WORLD_WRITES = 0o002;
const WORLD_ENTERS = 0o001;

export function checkPermissions({ file }: Place): Diagnosis {
  const code = "SQLITE_PERMISSIONS";
  const { mode } = statSync(file);
  const isReachable = process.platform !== "win32" && everyoneEnters(dirname(resolve(file)));
  const evidence = { mode: (mode & 0o777).toString(8), reachable: isReachable };
  if (isReachable && (mode & WORLD_WRITES) !== 0)
    return {
      code,
      level: "problem",
      text: "Every user of this machine may change the jobs.",
      evidence,
      fix: `chmod o-rw ${shellWord(file)}*`,
    };
  if (isReachable && (mode & WORLD_READS) !== 0)
    return {
      code,
      level: "advice",
      text: "Every user of this machine may read the payloads.",
      evidence,
      fix: `chmod o-r ${shellWord(file)}*, or close the folder: chmod o-x ${shellWord(dirname(file))}`,
    };
  return { code, level: "ok", text: "Other users of this machine cannot read the file.", evidence };
}

/** A folder that is open lies safe in one that is closed: every one on the way counts. */
const everyoneEnters = (folder: string): boolean =>
  (statSync(folder).mode & WORLD_ENTERS) !== 0 && (dirname(folder) === folder || everyoneEnters(dirname(folder)));

/** The log alone may need so much between two checkpoints. */
const LEAST_FREE_BYTES = 32 * MiB;
const COMFORTABLE_BYTES = 256 * MiB;

export function checkDisk({ file }: Place): Diagnosis {
  const code = "SQLITE_DISK";
  const { bavail, bsize } = statfsSync(dirname(file));
  const free = bavail * bsize;
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  const evidence = { freeBytes: free, fileBytes: size };
  const text = `${bytesText(free)} are free beside a file of ${bytesText(size)}.`;
  if (free < LEAST_FREE_BYTES)
    return { code, level: "problem", text, evidence, fix: "Free some space: enqueues and settlements will fail." };
  if (free < Math.max(size, COMFORTABLE_BYTES))
    return {
      code,
      level: "advice",
      text,
      evidence,
      fix: "Free some space: a backup or VACUUM needs as much as the file.",
    };
  return { code, level: "ok", text, evidence };
}

/** A log is copied into the file every 16 MiB or so; one of many times that size is not copied. */
const LARGE_LOG_BYTES = 128 * MiB;
const PINNED_BYTES = 16 * MiB;

export function checkLog({ db, file, checkpoints }: Examination): Diagnosis {
  if (checkpoints === "external") return checkForeignLog(file);
  const code = "SQLITE_LOG";
  const pageBytes = Number(db.pragma("page_size"));
  const { log = 0, checkpointed = 0 } = db.get(checkpoint, {}) ?? {};
  const size = logBytes(file);
  const pinned = Math.max(0, log - checkpointed) * pageBytes;
  const evidence = { logBytes: size, pinnedBytes: pinned };
  if (pinned > PINNED_BYTES)
    return {
      code,
      level: "advice",
      text: `A reader that began long ago keeps ${bytesText(pinned)} of the log from being copied into the file.`,
      evidence,
      fix: "Find what holds a transaction open (a backup, a shell, an application) and end it.",
    };
  if (size > LARGE_LOG_BYTES)
    return {
      code,
      level: "advice",
      text: `The log has grown to ${bytesText(size)}.`,
      evidence,
      fix: `When nothing else runs: sqlite3 ${shellWord(file)} 'PRAGMA wal_checkpoint(TRUNCATE)'`,
    };
  return { code, level: "ok", text: `The log has ${bytesText(size)}, and nothing holds it back.`, evidence };
}

/** Nobody else may copy that log, so nobody asks SQLite how far it was copied. */
function checkForeignLog(file: string): Diagnosis {
  const code = "SQLITE_LOG";
  const size = logBytes(file);
  const evidence = { logBytes: size, checkpoints: "external" };
  const text = `The log has ${bytesText(size)}; another program copies it (checkpoints=external).`;
  if (size <= LARGE_LOG_BYTES) return { code, level: "ok", text, evidence };
  return {
    code,
    level: "advice",
    text,
    evidence,
    fix: "See that the program runs: without it the log grows for ever.",
  };
}

const logBytes = (file: string): number => statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0;

const AUTO_VACUUM: readonly string[] = ["none", "full", "incremental"];
const MANY_FREE_BYTES = 64 * MiB;
const MANY_FREE_SHARE = 0.25;

export function checkFreePages({ db, file }: Examination): Diagnosis {
  const code = "SQLITE_FREE_PAGES";
  const [free, pages, pageBytes, auto] = (["freelist_count", "page_count", "page_size", "auto_vacuum"] as const).map(
    (name) => Number(db.pragma(name)),
  ) as [number, number, number, number];
  const freeBytes = free * pageBytes;
  const autoVacuum = AUTO_VACUUM[auto] ?? String(auto);
  const evidence = { freeBytes, fileBytes: pages * pageBytes, autoVacuum };
  const text = `${bytesText(freeBytes)} of ${bytesText(evidence.fileBytes)} are free for new jobs (auto_vacuum ${autoVacuum}).`;
  if (freeBytes < MANY_FREE_BYTES || free < pages * MANY_FREE_SHARE) return { code, level: "ok", text, evidence };
  const vacuum = autoVacuum === "none" ? "PRAGMA auto_vacuum = INCREMENTAL; VACUUM" : "PRAGMA incremental_vacuum";
  return {
    code,
    level: "advice",
    text,
    evidence,
    fix: `To give it back to the disk, when nothing else runs: sqlite3 ${shellWord(file)} '${vacuum}'`,
  };
}
