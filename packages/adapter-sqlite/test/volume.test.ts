/** Where a file may lie, by what the operating system says of its folder. */

import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, onTestFinished, test } from "vitest";
import { tune } from "../src/file.ts";
import { type FileSystemPort, fileSystemOf } from "../src/file-system.ts";
import { sqliteAdapter } from "../src/index.ts";
import { checkVolume } from "../src/volume.ts";
import { folder } from "./bench.ts";

const says = (type: number, platform: NodeJS.Platform = "linux"): FileSystemPort => ({ platform, typeOf: () => type });

describe("a network file system", () => {
  test.each([
    ["nfs", 0x6969],
    ["smb", 0x517b],
    ["smb2", 0xfe534d42],
    ["cifs", 0xff534d42],
    // As a signed number, which is what some systems answer.
    ["cifs", 0xff534d42 | 0],
    ["ceph", 0xc36400],
    ["lustre", 0x0bd00bd0],
    ["gfs2", 0x01161970],
    ["ocfs2", 0x7461636f],
  ])("%s is refused, with its name", (name, type) => {
    expect(() => checkVolume("/mnt/jobs.db", says(type))).toThrow(
      expect.objectContaining({ code: "STORE_UNSAFE", message: expect.stringContaining(`(${name})`) }),
    );
  });

  test("so is a share of Windows, by its path; a path that is only long is not", () => {
    expect(fileSystemOf("\\\\server\\share", says(0, "win32")).kind).toBe("network");
    expect(fileSystemOf("\\\\?\\C:\\jobs", says(0, "win32")).kind).toBe("local");
    expect(fileSystemOf("C:\\jobs", says(0, "win32")).kind).toBe("local");
  });

  test("numbers are those of Linux only", () => {
    expect(fileSystemOf("/mnt", says(0x6969, "darwin")).kind).toBe("local");
  });
});

test("of a file system that may be a network's a warning tells once, and what to do", async () => {
  const warnings: Error[] = [];
  const keep = (warning: Error): void => void warnings.push(warning);
  process.on("warning", keep);
  onTestFinished(() => void process.off("warning", keep));
  for (const file of ["/shared/a.db", "/shared/b.db"]) checkVolume(file, says(0x65735546));
  await new Promise(setImmediate);
  expect(warnings.map(({ name, message }) => [name, message])).toEqual([
    ["JobyardWarning", expect.stringMatching(/^\/shared is a file system \(fuse\).*\?network=allow/)],
  ]);
});

test("a local one, or one that nobody knows, is fine", async () => {
  for (const type of [0xef53, 0x58465342, 0x9123683e, 0x794c7630, 0x01021994, 0x12345678])
    expect(() => checkVolume("/data/jobs.db", says(type))).not.toThrow();
  expect(() => checkVolume("/data/jobs.db", says(0xef53))).not.toThrow();
});

test("the folder of these tests is asked in earnest", async () => {
  const path = await folder();
  expect(fileSystemOf(path).name).not.toBe("");
  await sqliteAdapter({ file: join(path, "jobs.db") }).close();
});

test("a file that is granted no write-ahead log is refused", () => {
  // A temporary database is on disk, and has no shared memory.
  const database = new Database("");
  expect(() => tune(database, { file: "/data/jobs.db", durability: "power", checkpoints: "own" })).toThrow(
    expect.objectContaining({ code: "STORE_UNSAFE", message: expect.stringMatching(/no write-ahead log.*delete/) }),
  );
  database.close();
});
