/** SQLite: one file, one writer at a time, a disk that may be full. */

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseSqliteUrl } from "@jobyard/adapter-sqlite";
import Database from "better-sqlite3";
import { openYard } from "jobyard";
import type { Backend, Ledger, TestStore } from "./backend.ts";
import { openSmallDisk } from "./small-disk.ts";

export const sqlite: Backend = {
  name: "sqlite",
  option: null,
  isLossy: false,
  hasServer: false,
  // Calls wait 5 s for a lock by default.
  lock: { waitedForMs: 3_000, toldMs: 8_000, codes: ["STORE_BUSY"] },
  fullCodes: ["STORE_FULL"],
  prepare: (folder) => prepareIn(folder, async () => {}),
  prepareSmall: async (folder) => {
    const mount = join(folder, "small");
    await mkdir(mount);
    const { disk, close } = await openSmallDisk(mount, SMALL_MB);
    const store = await prepareIn(mount, close);
    let isFilled = false;
    const fill = async (): Promise<string> => {
      if (!isFilled) await emptyLog(store.url);
      isFilled = true;
      return disk.fill();
    };
    return { ...store, disk: { ...disk, fill } };
  },
  holdWriteLock: async (url) => {
    const database = open(url);
    database.exec("BEGIN IMMEDIATE");
    return async () => {
      database.exec("ROLLBACK");
      database.close();
    };
  },
  openLedger: async (url) => openLedger(open(url)),
};

const SMALL_MB = 128;

async function prepareIn(folder: string, close: () => Promise<void>): Promise<TestStore> {
  const url = `sqlite:${encodeURI(join(folder, "yard.db"))}`;
  const yard = await openYard(url);
  await yard.close();
  const database = open(url);
  database.exec("CREATE TABLE ledger (id TEXT NOT NULL) STRICT");
  database.close();
  return { url, urlFor: () => url, server: null, integrity: async () => problems(open(url)), close };
}

/** Patient: the other processes write all the time. */
const open = (url: string): Database.Database => new Database(parseSqliteUrl(url).file, { timeout: 30_000 });

/** The log keeps the room that it once had: what it begins anew in there needs none of the disk. */
async function emptyLog(url: string): Promise<void> {
  const database = open(url);
  const truncate = database.prepare<[], { readonly busy: number }>("PRAGMA wal_checkpoint(TRUNCATE)");
  // Who copies it at the moment is not waited for by SQLite.
  while (truncate.get()?.busy === 1) await sleep(10);
  database.close();
}

function problems(database: Database.Database): readonly string[] {
  const integrity = database.pragma("integrity_check") as readonly { readonly integrity_check: string }[];
  const keys = database.pragma("foreign_key_check") as readonly { readonly table: string }[];
  database.close();
  return [
    ...integrity.map((row) => row.integrity_check).filter((text) => text !== "ok"),
    ...keys.map(({ table }) => `a row of ${table} points nowhere`),
  ];
}

function openLedger(database: Database.Database): Ledger {
  let last: Promise<void> = Promise.resolve();
  const note = async (id: string): Promise<void> => {
    database.prepare("INSERT INTO ledger (id) VALUES (?)").run(id);
  };
  const transaction: Ledger["transaction"] = async (work) => {
    database.exec("BEGIN IMMEDIATE");
    try {
      await work(database, note);
      database.exec("COMMIT");
    } finally {
      if (database.inTransaction) database.exec("ROLLBACK");
    }
  };
  return {
    // One connection has one transaction: the next one waits for the end of the last, however that was.
    transaction: (work) => {
      const mine = last.then(() => transaction(work));
      last = mine.catch(() => {});
      return mine;
    },
    rows: async () =>
      database
        .prepare<[], { readonly id: string }>("SELECT id FROM ledger")
        .all()
        .map(({ id }) => id),
    close: async () => {
      await last;
      database.close();
    },
  };
}
