import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { chmod, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { descendants, living } from "../src/process/table.ts";
import { until } from "./support.ts";

const owner = (argument: string, env: NodeJS.ProcessEnv = process.env): ChildProcess =>
  spawn(process.execPath, [join(import.meta.dirname, "fixtures/owner.ts"), argument], {
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });

/** What the owner says of its server, and all processes of that. */
async function serverOf(child: ChildProcess): Promise<{ pids: readonly number[]; folder: string }> {
  if (child.stdout === null) throw new Error("the owner has no output");
  const [line] = await once(createInterface(child.stdout), "line");
  const { pid, folder } = JSON.parse(line);
  return { pids: [pid, ...descendants(pid)], folder };
}

test.each(["SIGKILL", "SIGTERM", "SIGINT"] as const)(
  "after %s to its owner nothing of a server is left",
  async (signal) => {
    const child = owner("wait");
    const { pids, folder } = await serverOf(child);
    expect(living(pids).length).toBeGreaterThan(3);
    child.kill(signal);
    await until("the server is gone", () => living(pids).length === 0);
    await until("its data is gone", () => !existsSync(folder));
  },
);

test("a server keeps no process from ending, and ends with it", async () => {
  const child = owner("done");
  const { pids, folder } = await serverOf(child);
  if (child.exitCode === null) await once(child, "exit");
  expect(child.exitCode).toBe(0);
  await until("the server is gone", () => living(pids).length === 0);
  await until("its data is gone", () => !existsSync(folder));
});

test.each([150, 300, 500, 800, 1_200])("an owner killed %i ms after its start leaves nothing", async (ms) => {
  const TMPDIR = await mkdtemp(join(tmpdir(), "jobyard-test-"));
  // For the account that a server of root runs under.
  await chmod(TMPDIR, 0o777);
  try {
    const child = owner("wait", { ...process.env, TMPDIR });
    await sleep(ms);
    const below = descendants(child.pid ?? 0);
    child.kill("SIGKILL");
    await until("all processes are gone", () => living(below).length === 0);
    expect(await readdir(TMPDIR)).toEqual([]);
    expect(sharedMemoryOf(below)).toEqual([]);
  } finally {
    await rm(TMPDIR, { recursive: true });
  }
});

/** The System V segments, by their line, that one of these processes has made. Linux tells; elsewhere none are found. */
function sharedMemoryOf(pids: readonly number[]): readonly string[] {
  const table = "/proc/sysvipc/shm";
  const lines = existsSync(table) ? readFileSync(table, "utf8").split("\n") : [];
  // Key, id, permissions, size, id of the creating process.
  return lines.filter((line) => pids.includes(Number(line.trim().split(/\s+/)[4])));
}
