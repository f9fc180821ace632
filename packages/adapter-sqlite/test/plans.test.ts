/** Every statement by index: what a claim or a settle costs may not depend on how many other jobs there are. */

import { readdir } from "node:fs/promises";
import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, test } from "vitest";
import { MIGRATIONS } from "../src/migrations/index.ts";
import { completeJob, completeJobs } from "../src/sql/settle.sql.ts";
import type { ListStatement, Statement } from "../src/statement.ts";

/** Reads of a whole table, each of a table that is small by nature or known to be small where it is read. */
const WHOLE_TABLES: Readonly<Record<string, string>> = {
  allLeases: "one row per claimed batch",
  leasesAbout: "one row per claimed batch",
  countActive: "one row per claimed batch",
  expiredSessions: "one row per worker that holds jobs",
  queueNames: "one row per queue or lane",
  activeInLanes: "one row per claimed batch",
  allLanes: "one row per type and queue",
  lastJob: "its first row from the end",
  newestOfLast: "its first rows from the end",
};

/** Sorted in memory, each because there are few rows. */
const SORTED: Readonly<Record<string, string>> = {
  countNewest: "as many rows as a search looks at",
  queueNames: "one row per queue",
  ownObjects: "one row per table and index of ours",
  expiredSessions: "one row per worker that holds jobs",
  addDone: "jobs that come back from the trash only",
};

interface Named {
  readonly name: string;
  readonly text: string;
}

async function statements(): Promise<readonly Named[]> {
  const path = join(import.meta.dirname, "../src/sql");
  const modules = (await readdir(path)).map(
    (file) => import(join(path, file)) as Promise<Record<string, Statement<unknown> | ListStatement<unknown>>>,
  );
  return (await Promise.all(modules)).flatMap((module) =>
    Object.entries(module).flatMap(([name, one]) =>
      "text" in one ? { name, text: one.text } : "textFor" in one ? { name, text: one.textFor(2) } : [],
    ),
  );
}

function planOf(database: Database.Database, text: string): readonly string[] {
  const names = [...text.matchAll(/@(\w+)/g)].flatMap((match) => match[1] ?? []);
  const parameters = Object.fromEntries(names.map((name) => [name, null]));
  const listed = [...text.matchAll(/\?/g)].map(() => null);
  const rows = database
    .prepare<[readonly null[], object], { detail: string }>(`EXPLAIN QUERY PLAN ${text}`)
    .all(listed, parameters);
  return rows.map((row) => row.detail);
}

describe("query plans", async () => {
  const database = new Database(":memory:");
  for (const { text } of MIGRATIONS) database.exec(text);
  const all = await statements();

  test("there are statements to look at", () => {
    expect(all.length).toBeGreaterThan(60);
  });

  for (const { name, text } of all)
    test(`${name} goes by index`, () => {
      const plan = planOf(database, text);
      const scans = plan.filter(
        (line) => /^SCAN jobyard_/.test(line) || /^SCAN (job|lease|held|ready|later)\b/.test(line),
      );
      if (name in WHOLE_TABLES) expect(scans.length, plan.join("\n")).toBeGreaterThan(0);
      else expect(scans).toEqual([]);
      if (!(name in SORTED)) expect(plan.filter((line) => line.includes("TEMP B-TREE"))).toEqual([]);
    });

  test("no index names a column of job that completing it changes", () => {
    const written = [completeJob, completeJobs].flatMap(({ text }) =>
      [...text.matchAll(/(\w+) = /g)].flatMap((match) => match[1] ?? []),
    );
    const indexed = database
      .prepare<[], { name: string }>(
        "SELECT info.name FROM pragma_index_list('jobyard_job') AS list, pragma_index_info(list.name) AS info",
      )
      .all();
    expect(indexed.map((column) => column.name).sort()).toEqual(["id", "queue"]);
    expect(written).toContain("state");
    expect(indexed.filter((column) => written.includes(column.name))).toEqual([]);
  });
});
