/** A server that forgets scripts, drops its clients, is killed or hangs, while a worker is at work on it. */

import { expect, test } from "vitest";
import {
  adminOf,
  assertEachOnce,
  atWork,
  enqueueAll,
  jobIds,
  openAdapter,
  ownServer,
  stepJob,
  untilCompleted,
} from "./at-work.ts";
import { outcome, until } from "./links.ts";

const IDS = jobIds(500);

test("SCRIPT FLUSH under load is noticed by nobody", async () => {
  const server = await ownServer();
  const admin = await adminOf(server);
  const adapter = openAdapter({ url: server.url });
  const { runs, errors } = await atWork({ url: server.url });
  let flushes = 0;
  let isOver = false;
  const flushing = (async () => {
    for (; !isOver; flushes += 1) await admin.script("FLUSH");
  })();
  for (let from = 0; from < 500; from += 50) await enqueueAll(adapter, jobIds(50, from));
  await untilCompleted(adapter, 500);
  isOver = true;
  await flushing;
  expect(flushes).toBeGreaterThan(10);
  expect(errors).toEqual([]);
  await assertEachOnce(adapter, IDS, runs);
  expect([...runs.values()].every((times) => times === 1)).toBe(true);
});

/** One of a worker's calls, which the server has taken and not yet run. */
const ON_ITS_WAY = /name=jobyard age=\d+ idle=\d+ flags=\w*b/;

test("CLIENT KILL of all connections, again and again: no job is lost, none is done twice", async () => {
  const server = await ownServer();
  const admin = await adminOf(server);
  const adapter = openAdapter({ url: server.url });
  await enqueueAll(adapter, IDS);
  const { runs, errors } = await atWork({ url: server.url }, { handle: () => new Promise((r) => setTimeout(r, 5)) });
  for (let kills = 1; kills <= 10; kills += 1) {
    await until("some more jobs have begun", () => runs.size >= kills * 40);
    // No call is answered until then, so that there is one to be hit.
    await admin.call("CLIENT", "PAUSE", "10000", "WRITE");
    await until("a call is on its way", async () => ON_ITS_WAY.test(String(await admin.client("LIST"))));
    for (const type of ["normal", "pubsub"]) await admin.call("CLIENT", "KILL", "TYPE", type, "SKIPME", "yes");
    await admin.call("CLIENT", "UNPAUSE");
  }
  await untilCompleted(adapter, 500);
  expect(errors.length).toBeGreaterThan(0);
  expect(new Set(errors.map((error) => (error as { code?: unknown }).code))).toEqual(new Set(["STORE_UNAVAILABLE"]));
  await assertEachOnce(adapter, IDS, runs);
});

test("a server with appendfsync always is killed in the middle of work: what was answered is kept", {
  timeout: 120_000,
}, async () => {
  const server = await ownServer({ appendonly: "always" });
  const adapter = openAdapter({ url: server.url, callTimeoutMs: 3_000 });
  const { runs } = await atWork(
    { url: server.url, callTimeoutMs: 3_000 },
    { handle: () => new Promise((resolve) => setTimeout(resolve, 5)) },
  );
  const accepted: string[] = [];
  let isOver = false;
  const producing = (async () => {
    for (let n = 0; !isOver; n += 1) {
      const id = `job-${n}`;
      // A call that got no answer may have been kept or not; the same id again finds out.
      await until("it is known to be kept", async () => {
        const came = await outcome(adapter.writer.enqueue([stepJob(id)]));
        if (typeof came === "string") return false;
        expect(came).toMatchObject([{ outcome: expect.stringMatching(/^accepted$|^duplicate$/) }]);
        return true;
      });
      accepted.push(id);
    }
  })();
  for (let crash = 1; crash <= 3; crash += 1) {
    const before = runs.size;
    await until("it is at work", () => runs.size >= before + 30);
    await server.crash();
    expect(await server.restart()).toContain("DB loaded from append only file");
  }
  isOver = true;
  await producing;
  await untilCompleted(adapter, accepted.length);
  await assertEachOnce(adapter, accepted, runs);
});

test("a server that hangs for longer than a lease lasts: work goes on when it does", { timeout: 120_000 }, async () => {
  const server = await ownServer();
  const adapter = openAdapter({ url: server.url });
  await enqueueAll(adapter, IDS);
  const handle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 10));
  const { runs, errors } = await atWork({ url: server.url, callTimeoutMs: 700 }, { lease: "1s", handle });
  await until("it is at work", () => runs.size >= 100);
  process.kill(server.pid ?? 0, "SIGSTOP");
  await until("the worker has noticed", () => errors.length > 3);
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  process.kill(server.pid ?? 0, "SIGCONT");
  await untilCompleted(adapter, 500);
  await assertEachOnce(adapter, IDS, runs);
});
