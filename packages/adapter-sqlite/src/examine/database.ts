/** SQLite itself and how it is set: version, schema, journal, durability. */

import { type Diagnosis, diagnoseSchema, shellWord } from "@jobyard/core/adapter";
import { MEMORY } from "../file.ts";
import { schemaStatus } from "../migrate.ts";
import { sqliteVersion } from "../sql/examine.sql.ts";
import { sqliteUrl } from "../url.ts";
import type { Examination } from "./examination.ts";

export function checkSchema({ db, file }: Examination): Diagnosis {
  const fix = `Run: jobyard migrate --url ${shellWord(sqliteUrl(file))}`;
  return diagnoseSchema("SQLITE_SCHEMA", schemaStatus(db), { missing: "There are no Jobyard tables.", fix });
}

/**
 * From 3.7.0 on, a checkpoint that met another one and a commit could lose committed pages: the "WAL-reset bug" of
 * https://sqlite.org/wal.html#walresetbug, mended in 3.51.3 and, for those who stay behind, in 3.50.7 and 3.44.6.
 */
const MENDED_FROM: readonly number[] = [3, 51, 3];
const MENDED_LINES: readonly (readonly number[])[] = [
  [3, 50, 7],
  [3, 44, 6],
];

export function checkVersion({ db }: Examination): Diagnosis {
  const code = "SQLITE_VERSION";
  const version = db.get(sqliteVersion, {})?.version ?? "unknown";
  if (isMended(version))
    return { code, level: "ok", text: `SQLite ${version} has no known fault of its log.`, evidence: { version } };
  return {
    code,
    level: "problem",
    text: `SQLite ${version} can damage a file that several connections write (the WAL-reset bug, mended in 3.51.3).`,
    evidence: { version, mendedIn: MENDED_FROM.join("."), source: "https://sqlite.org/wal.html#walresetbug" },
    fix: "npm install better-sqlite3@latest, in every program that opens the file.",
  };
}

/** True if this version, `3.51.3`, does not have the fault above. */
export function isMended(version: string): boolean {
  const [major = 0, minor = 0, patch = 0] = version.split(".").map(Number);
  const line = MENDED_LINES.find((mended) => mended[0] === major && mended[1] === minor);
  const [wantedMajor = 0, wantedMinor = 0, wantedPatch = 0] = line ?? MENDED_FROM;
  if (major !== wantedMajor) return major > wantedMajor;
  return minor === wantedMinor ? patch >= wantedPatch : minor > wantedMinor;
}

export function checkJournal({ db, file }: Examination): Diagnosis {
  const code = "SQLITE_JOURNAL";
  const mode = String(db.pragma("journal_mode"));
  if (mode === "wal") return { code, level: "ok", text: "The file has a write-ahead log.", evidence: { mode } };
  return {
    code,
    level: "problem",
    text: `The journal mode is ${mode}: readers and writers block each other, and wake-ups across processes do not work.`,
    evidence: { mode },
    fix: `Find the program that changed it, then: sqlite3 ${shellWord(file)} 'PRAGMA journal_mode = WAL'`,
  };
}

const SYNCHRONOUS: readonly string[] = ["OFF", "NORMAL", "FULL", "EXTRA"];

export function checkDurability({ db, file, durability }: Examination): Diagnosis {
  const code = "SQLITE_DURABILITY";
  if (file === MEMORY)
    return {
      code,
      level: "advice",
      text: "The database is in memory: its jobs end with this process.",
      evidence: { durability: "none" },
      fix: "Name a file: sqlite:./jobyard.db.",
    };
  const found = Number(db.pragma("synchronous"));
  const wanted = durability === "power" ? 2 : 1;
  const evidence = { durability, synchronous: SYNCHRONOUS[found] ?? String(found) };
  if (found < wanted)
    return {
      code,
      level: "problem",
      text: `Durability "${durability}" was asked for, and SQLite runs with synchronous = ${evidence.synchronous}.`,
      evidence,
      fix: "Look for a program or a build of SQLite that changes it.",
    };
  return {
    code,
    level: "ok",
    text:
      durability === "power"
        ? 'What was answered survives a loss of power (durability "power").'
        : 'What was answered survives a crash of the process; a loss of power may take the last moments (durability "crash").',
    evidence,
  };
}
