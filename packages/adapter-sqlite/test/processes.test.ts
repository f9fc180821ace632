/** Several processes on one file: real ones. */

import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type Hint, type Ports, systemPorts } from "@jobyard/core/adapter";
import { claimRequest, manualPorts } from "@jobyard/core/testing";
import { expect, test } from "vitest";
import { sqliteAdapter } from "../src/index.ts";
import { Wake } from "../src/wake.ts";
import { folder } from "./bench.ts";

const run = promisify(execFile);

async function start(role: string, file: string, name = "", count = 0): Promise<unknown> {
  const script = fileURLToPath(new URL("./process.ts", import.meta.url));
  const { stdout } = await run(process.execPath, ["-C", "@jobyard/source", script, role, file, name, String(count)]);
  return JSON.parse(stdout);
}

test("processes that open one new file at once all find its tables", async () => {
  const file = join(await folder(), "jobs.db");
  const opened = await Promise.all(Array.from({ length: 5 }, () => start("open", file)));
  expect(opened).toEqual(Array.from({ length: 5 }, () => ({ code: null })));
});

test("two producers and two workers: every job is accepted once and completed once", async () => {
  const file = join(await folder(), "jobs.db");
  const [a, b, first, second] = await Promise.all([
    start("produce", file, "a", 150),
    start("produce", file, "b", 150),
    start("consume", file, "w1", 300),
    start("consume", file, "w2", 300),
  ]);
  expect([a, b]).toEqual([150, 150]);
  const completed = [...(first as string[]), ...(second as string[])];
  expect(completed).toHaveLength(300);
  expect(new Set(completed).size).toBe(300);
  const adapter = sqliteAdapter({ file });
  expect(await adapter.reader.queues("mail")).toMatchObject([{ depth: 0, counts: { completed: { n: 300 } } }]);
  await adapter.close();
}, 60_000);

/** Nobody sleeps a second or longer to the end: whoever is woken was woken by the file. */
const sleepless: Ports = {
  ...systemPorts,
  sleep: (ms, signal) => systemPorts.sleep(ms < 1_000 ? ms : 3_600_000, signal),
};

test("a commit of another process wakes a waiting claim through the file, without polling", async () => {
  const file = join(await folder(), "jobs.db");
  const adapter = sqliteAdapter({ file, ports: sleepless });
  const claim = adapter.leaser.claim(claimRequest("t", { waitMs: 600_000 }));
  const accepted = await start("produce", file, "far", 1);
  expect(accepted).toBe(1);
  expect((await claim).jobs.map((job) => job.lease.ref.id)).toEqual(["far-0"]);
  await adapter.close();
});

test("a commit of another process is hinted to those who watch", async () => {
  const file = join(await folder(), "jobs.db");
  const adapter = sqliteAdapter({ file, ports: sleepless });
  const { promise, resolve } = Promise.withResolvers<Hint>();
  adapter.reader.watch(resolve);
  await start("produce", file, "far", 1);
  expect(await promise).toEqual({ queues: null });
  await adapter.close();
});

test("where a file cannot be watched, a look at the change counter each second has to do", async () => {
  const ports = manualPorts();
  let version = 1;
  const wake = new Wake({ ports, log: join(await folder(), "not-there"), version: () => version });
  const hints: Hint[] = [];
  wake.watch((hint) => hints.push(hint));
  const second = async (): Promise<void> => {
    ports.advance(1_000);
    await new Promise(setImmediate);
  };
  await second();
  expect(hints).toEqual([]);
  version = 2;
  await second();
  expect(hints).toEqual([{ queues: null }]);
  await second();
  expect(hints).toHaveLength(1);
  wake.close();
});

test("what is committed in one turn of the loop is one hint, with the names of its queues", async () => {
  const wake = new Wake({ ports: manualPorts(), log: null, version: () => 0 });
  const hints: Hint[] = [];
  const stop = wake.watch((hint) => hints.push(hint));
  wake.tell(["mail"]);
  wake.tell(["print", "mail"]);
  await new Promise(setImmediate);
  expect(hints).toEqual([{ queues: ["mail", "print"] }]);
  stop();
  wake.tell(["mail"]);
  await new Promise(setImmediate);
  expect(hints).toHaveLength(1);
});
