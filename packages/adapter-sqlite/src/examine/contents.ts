/** What stands in the file: that it is whole, that the tables are ours, that the times make sense. */

import { statSync } from "node:fs";
import { bytesText, type Diagnosis, shellWord, WORKER_KIND, type WorkerInfo } from "@jobyard/core/adapter";
import Database from "better-sqlite3";
import { Connection } from "../connection.ts";
import { migrate } from "../migrate.ts";
import { checkAll, checkLines, liveRecords, newestOfLast, ownObjects, type SchemaObject } from "../sql/examine.sql.ts";
import { type Examination, MiB, RESTORE } from "./examination.ts";

/** A check reads all of it, at some hundred MiB per second. */
const CHECKED_WHOLE_BYTES = 512 * MiB;

/** @param wholeBytes - of a larger file only the tables that claims stand on are looked at */
export function checkIntegrity({ db, file }: Examination, wholeBytes: number = CHECKED_WHOLE_BYTES): Diagnosis {
  const code = "SQLITE_INTEGRITY";
  const { size } = statSync(file);
  const isWhole = size <= wholeBytes;
  const verdicts = db.all(isWhole ? checkAll : checkLines, {});
  const faults = verdicts.map((row) => row.quick_check).filter((text) => text !== "ok");
  const evidence = { bytes: size, whole: isWhole, faults: faults.length, first: faults[0] ?? null };
  if (faults.length > 0)
    return { code, level: "problem", text: `The file is damaged: ${faults[0]}`, evidence, fix: RESTORE };
  if (isWhole) return { code, level: "ok", text: `The file is whole (quick_check of ${bytesText(size)}).`, evidence };
  return {
    code,
    level: "advice",
    text: `The tables that claims stand on are whole; the jobs in this file of ${bytesText(size)} were not looked at.`,
    evidence,
    fix: `When there is time: sqlite3 ${shellWord(file)} 'PRAGMA quick_check'`,
  };
}

export function checkTables({ db }: Examination): Diagnosis {
  const code = "SQLITE_TABLES";
  const wanted = new Map(wantedObjects().map((one) => [one.name, one]));
  const found = new Map(db.all(ownObjects, {}).map((one) => [one.name, one]));
  const missing = [...wanted.values()].filter(({ name }) => !found.has(name));
  const altered = [...wanted.values()].filter(({ name, sql }) => found.has(name) && found.get(name)?.sql !== sql);
  const foreign = [...found.keys()].filter((name) => !wanted.has(name));
  const evidence = { objects: found.size, missing: missing.length, altered: altered.length, foreign: foreign.length };
  const broken = [...missing, ...altered];
  if (broken.length > 0)
    return {
      code,
      level: "problem",
      text: `Not as the migrations make it: ${broken.map(({ type, name }) => `${type} ${name}`).join(", ")}.`,
      evidence,
      fix: repair(missing, altered),
    };
  if (foreign.length > 0)
    return {
      code,
      level: "advice",
      text: `Somebody added to our tables: ${foreign.join(", ")}. Every write pays for it, and a migration may fail.`,
      evidence,
      fix: "Drop it unless you know what it is for.",
    };
  return { code, level: "ok", text: "Tables and indexes are as the migrations make them.", evidence };
}

function wantedObjects(): readonly SchemaObject[] {
  const database = new Database(":memory:");
  try {
    const db = new Connection(database);
    migrate(db, 0);
    return db.all(ownObjects, {});
  } finally {
    database.close();
  }
}

function repair(missing: readonly SchemaObject[], altered: readonly SchemaObject[]): string {
  if (altered.length === 0 && missing.every(({ type }) => type === "index"))
    return `Make it again: ${missing.map(({ sql }) => sql.replaceAll(/\s+/g, " ")).join("; ")}`;
  return "Restore a backup, or move the jobs to a new file.";
}

/** Jobs that are numbered last are the newest, if the clock only ever went forward. */
const LAST_JOBS = 1_000;
const CLOCK_PATIENCE_MS = 60_000;

export function checkClock({ db, now }: Examination): Diagnosis {
  const code = "SQLITE_CLOCK";
  const newest = db.get(newestOfLast, { jobs: LAST_JOBS })?.created_at ?? null;
  const aheadMs = newest === null ? 0 : Math.max(0, newest - now);
  const evidence = { newestCreatedAt: newest, aheadMs };
  if (aheadMs <= CLOCK_PATIENCE_MS) return { code, level: "ok", text: "No job comes from the future.", evidence };
  return {
    code,
    level: "problem",
    text: `The newest job was enqueued ${Math.ceil(aheadMs / 60_000)} min in the future: the clock was set back, or a machine with another clock writes this file.`,
    evidence,
    fix: "Correct the clock (NTP). Jobs run when it has caught up; to run some now: jobyard promote <id…>",
  };
}

const WORKERS = 1_000;

/** The log is shared memory: it works within one machine only. Containers of one machine have names of their own. */
export function checkHosts({ db, now }: Examination): Diagnosis {
  const code = "SQLITE_HOSTS";
  const workers = db
    .all(liveRecords, { kind: WORKER_KIND, now, limit: WORKERS })
    .map(({ doc }) => JSON.parse(doc) as WorkerInfo);
  const hosts = new Set(workers.map(({ host }) => host));
  const processes = new Set(workers.map(({ host, pid }) => `${host}/${pid}`)).size;
  const evidence = { processes, hosts: hosts.size };
  if (hosts.size <= 1)
    return {
      code,
      level: "ok",
      text:
        processes === 0
          ? "No worker uses the file now."
          : `Worker processes of one machine use the file: ${processes}.`,
      evidence,
    };
  return {
    code,
    level: "advice",
    text: `Workers on ${hosts.size} hosts use the file: ${[...hosts].slice(0, 5).join(", ")}. SQLite's log works within one machine only.`,
    evidence,
    fix: "Fine if these are containers of one machine that share a local volume; else move to Postgres or Redis.",
  };
}
