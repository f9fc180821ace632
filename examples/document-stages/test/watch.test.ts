import { EventEmitter } from "node:events";
import { appendFileSync, type FSWatcher, mkdirSync, renameSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { type WatchOptions, watchFolder } from "../src/inbox/watch.ts";
import { temporaryFolder } from "./temporary.ts";
import { until } from "./until.ts";

/** A rescan that never comes, unless a test is about it. */
const NEVER_MS = 3_600_000;

async function watched(
  options: Partial<WatchOptions> = {},
): Promise<{ folder: string; taken: string[]; errors: string[] }> {
  const folder = options.folder ?? temporaryFolder();
  const taken: string[] = [];
  const errors: string[] = [];
  const watch = await watchFolder({
    settleMs: 40,
    rescanMs: NEVER_MS,
    onFile: async (name) => {
      taken.push(name);
      return "done";
    },
    onError: (error, doing) => errors.push(`${doing}: ${error}`),
    ...options,
    folder,
  });
  onTestFinished(() => watch.close());
  return { folder, taken, errors };
}

test("a file that is there already and one that comes later are both handed over, once", async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "early.txt"), "a");
  const { taken } = await watched({ folder });
  await until("the early file", () => taken.includes("early.txt"));
  writeFileSync(join(folder, "late.txt"), "b");
  await until("the late file", () => taken.includes("late.txt"));
  expect(taken).toEqual(["early.txt", "late.txt"]);
});

test("hidden files, lock files of office programs and folders are passed over", async () => {
  const { folder, taken } = await watched();
  writeFileSync(join(folder, ".hidden.txt"), "");
  writeFileSync(join(folder, "~$report.txt"), "");
  mkdirSync(join(folder, "folder.txt"));
  writeFileSync(join(folder, "last.txt"), "");
  await until("the one that counts", () => taken.length > 0);
  expect(taken).toEqual(["last.txt"]);
});

/** A network drive: nothing is told. */
const SILENT: Partial<WatchOptions> = {
  rescanMs: 30,
  watch: () => Object.assign(new EventEmitter(), { close: () => {}, ref: () => {}, unref: () => {} }) as FSWatcher,
};

test.each([
  ["that tells of every change", {}],
  ["that tells nothing", SILENT],
])("a file is not handed over while it grows, on a drive %s", async (_drive, options) => {
  const seen: string[] = [];
  const { folder } = await watched({
    ...options,
    settleMs: 150,
    onFile: async (name) => {
      seen.push(`${name} after ${written} writes`);
      return "done";
    },
  });
  let written = 0;
  const write = (): void => {
    appendFileSync(join(folder, "growing.txt"), "more ");
    written++;
  };
  write();
  const writer = setInterval(() => (written < 12 ? write() : clearInterval(writer)), 25);
  onTestFinished(() => clearInterval(writer));
  await until("the whole file", () => seen.length > 0);
  expect(seen).toEqual(["growing.txt after 12 writes"]);
});

test("a file that is gone before it settles is forgotten, one that moves in is complete at once", async () => {
  const { folder, taken, errors } = await watched();
  writeFileSync(join(folder, "brief.txt"), "a");
  unlinkSync(join(folder, "brief.txt"));
  writeFileSync(join(folder, ".part"), "b");
  renameSync(join(folder, ".part"), join(folder, "moved.txt"));
  await until("the moved file", () => taken.length > 0);
  expect(taken).toEqual(["moved.txt"]);
  expect(errors).toEqual([]);
});

test("a changed file is handed over again, and so is one that comes back", async () => {
  const { folder, taken } = await watched();
  const path = join(folder, "a.txt");
  writeFileSync(path, "one");
  await until("the first", () => taken.length === 1);
  writeFileSync(path, "another");
  await until("the change", () => taken.length === 2);
  unlinkSync(path);
  writeFileSync(path, "new");
  await until("the return", () => taken.length === 3);
});

test("what the operating system does not tell is found when the folder is looked through", async () => {
  const folder = join(temporaryFolder(), "inbox");
  const { taken } = await watched({ folder, rescanMs: 60 });
  rmSync(folder, { recursive: true }); // the watch is blind from here on
  await until("the folder, made anew", () => {
    try {
      writeFileSync(join(folder, "a.txt"), "a");
      return true;
    } catch {
      return false;
    }
  });
  await until("the file", () => taken.includes("a.txt"));
});

test("an unchanged file is not handed over again, however often the folder is looked through", async () => {
  const { folder, taken } = await watched({ ...SILENT, settleMs: 10 });
  for (const name of ["a.txt", "b.txt", "c.txt"]) {
    writeFileSync(join(folder, name), name);
    await until(name, () => taken.includes(name));
  }
  expect(taken).toEqual(["a.txt", "b.txt", "c.txt"]);
});

test("a file that was not complete is waited for again", async () => {
  const answers = ["again", "again", "done"] as const;
  let calls = 0;
  const { folder } = await watched({ onFile: async () => answers[calls++] ?? "done" });
  writeFileSync(join(folder, "a.txt"), "a");
  await until("three calls", () => calls === 3);
});

test("a failure is reported, stops no other file, and is tried again at the next look through", async () => {
  const tried: string[] = [];
  const { folder, errors } = await watched({
    rescanMs: 120,
    onFile: async (name) => {
      tried.push(name);
      if (tried.length === 1) throw new Error("database away");
      return "done";
    },
  });
  writeFileSync(join(folder, "a.txt"), "a");
  await until("the failure", () => errors.length === 1);
  expect(errors[0]).toContain("taking in a.txt: Error: database away");
  writeFileSync(join(folder, "b.txt"), "b");
  await until("both", () => tried.includes("b.txt") && tried.filter((name) => name === "a.txt").length === 2);
});

test("after close nothing is handed over, and what was in hand is finished first", async () => {
  const folder = temporaryFolder();
  const events: string[] = [];
  let release = (): void => {};
  const watch = await watchFolder({
    folder,
    settleMs: 20,
    onFile: async (name) => {
      events.push(`begin ${name}`);
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      events.push(`end ${name}`);
      return "done";
    },
    onError: (error) => events.push(String(error)),
  });
  writeFileSync(join(folder, "a.txt"), "a");
  await until("the file in hand", () => events.length === 1);
  writeFileSync(join(folder, "b.txt"), "b");
  const closed = watch.close().then(() => events.push("closed"));
  await turns(3);
  release();
  await closed;
  expect(events).toEqual(["begin a.txt", "end a.txt", "closed"]);
});

/** Of the event loop: what had nothing to wait for is over after them. */
async function turns(count: number): Promise<void> {
  for (let at = 0; at < count; at++) await new Promise((resolve) => setImmediate(resolve));
}
