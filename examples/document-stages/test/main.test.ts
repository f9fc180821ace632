import { existsSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { newStore } from "@jobyard/servers/vitest/store";
import { openYard } from "jobyard";
import { expect, onTestFinished, test } from "vitest";
import { type RunningProcess, startProcess } from "./processes.ts";
import { sampleNames } from "./samples.ts";
import { temporaryFolder } from "./temporary.ts";
import { until } from "./until.ts";

const MAIN = "examples/document-stages/src/main.ts";

const start = (folder: string, url: string, env: Readonly<Record<string, string>> = {}): RunningProcess =>
  startProcess(MAIN, { JOBYARD_URL: url, EXAMPLE_DATA: folder, ...env });

async function stop(running: RunningProcess): Promise<void> {
  running.kill("SIGTERM");
  expect(await running.ended).toEqual([0, null]);
}

test("the first start brings the samples and enqueues each; the next one only what is new", async () => {
  const folder = temporaryFolder();
  const { url, remove } = newStore(join(folder, "jobyard.db"));
  const yard = await openYard(url, { schema: "migrate" });
  onTestFinished(async () => {
    await yard.close();
    await remove();
  });
  const enqueued = async (): Promise<number> => (await yard.board.count("queue:extract")).n;

  const first = start(folder, url);
  await until("every sample", async () => (await enqueued()) === sampleNames().length, 20_000);
  expect(first.stdout()).toContain(`copied ${sampleNames().length} sample files`);
  expect(first.stdout()).toContain("café-menü.txt is on its way");
  await stop(first);

  unlinkSync(join(folder, "inbox/invoice-1042.pdf"));
  writeFileSync(join(folder, "inbox/new.txt"), "Something new.");
  writeFileSync(join(folder, "inbox/film.mkv"), "x");
  const second = start(folder, url);
  await until("the new file", () => second.stdout().includes("new.txt is on its way"), 20_000);
  await until("the film", () => second.stdout().includes("film.mkv is left alone: supported are .txt, .md"), 20_000);
  await stop(second);
  expect(await enqueued()).toBe(sampleNames().length + 1);
  expect(existsSync(join(folder, "inbox/invoice-1042.pdf"))).toBe(false);
});

test("a file that is no database, and a setting that is none: an error that says what to do, no stack, nothing begun", async () => {
  const folder = temporaryFolder();
  const file = join(folder, "jobyard.db");
  writeFileSync(file, "this is a shopping list ".repeat(100));
  const broken = start(folder, `sqlite:${file}`);
  expect(await broken.ended).toEqual([1, null]);
  expect(broken.stderr()).toMatch(/^error\[STORE_CORRUPT\]: .*Restore it from a backup, or choose another file\.\n$/);
  const wrong = start(folder, `sqlite:${file}`, { EXAMPLE_PACE: "fast" });
  expect(await wrong.ended).toEqual([2, null]);
  expect(wrong.stderr()).toMatch(/^error\[BAD_DURATION\]: EXAMPLE_PACE: "fast"\. .*\n$/);
  expect(existsSync(join(folder, "inbox"))).toBe(false);
});
