/** Everything that a person should know about the file and what is done with it, one diagnosis per question. */

import type { Diagnosis } from "@jobyard/core/adapter";
import { MEMORY } from "../file.ts";
import { schemaStatus } from "../migrate.ts";
import { checkClock, checkHosts, checkIntegrity, checkTables } from "./contents.ts";
import { checkDurability, checkJournal, checkSchema, checkVersion } from "./database.ts";
import { type Check, type Examination, look } from "./examination.ts";
import { checkDisk, checkFileSystem, checkFreePages, checkLog, checkPermissions } from "./surroundings.ts";

type Checks = Readonly<Record<string, Check>>;

const ALWAYS: Checks = { SQLITE_SCHEMA: checkSchema, SQLITE_VERSION: checkVersion };
/** They need our tables, and the connection as it is set up once these are there. */
const ON_OUR_TABLES: Checks = {
  SQLITE_DURABILITY: checkDurability,
  SQLITE_TABLES: checkTables,
  SQLITE_CLOCK: checkClock,
};
const ON_A_FILE: Checks = {
  SQLITE_FILE_SYSTEM: checkFileSystem,
  SQLITE_PERMISSIONS: checkPermissions,
  SQLITE_DISK: checkDisk,
};
const ON_OUR_FILE: Checks = {
  SQLITE_JOURNAL: checkJournal,
  SQLITE_INTEGRITY: (examination) => checkIntegrity(examination),
  SQLITE_LOG: checkLog,
  SQLITE_FREE_PAGES: checkFreePages,
  SQLITE_HOSTS: checkHosts,
};

export function examine(examination: Examination): readonly Diagnosis[] {
  const isOurs = schemaStatus(examination.db).state === "ready";
  const isFile = examination.file !== MEMORY;
  const checks = {
    ...ALWAYS,
    ...(isOurs && ON_OUR_TABLES),
    ...(isFile && ON_A_FILE),
    ...(isOurs && isFile && ON_OUR_FILE),
  };
  return Object.entries(checks).map(([code, check]) => look(code, check, examination));
}
