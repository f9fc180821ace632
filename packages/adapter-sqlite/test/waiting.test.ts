/** Claims that wait, and the watch that wakes them: nothing is missed, and nobody is kept busy. */

import { once } from "node:events";
import { watch } from "node:fs";
import { appendFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type Adapter,
  type ClaimRequest,
  type Decision,
  type Hint,
  type Ports,
  systemPorts,
} from "@jobyard/core/adapter";
import { claimRequest, manualPorts, newJob } from "@jobyard/core/testing";
import { expect, onTestFinished, test, vi } from "vitest";
import { sqliteAdapter } from "../src/index.ts";
import { Wake } from "../src/wake.ts";
import { folder } from "./bench.ts";

/** Nobody sleeps a second or longer to the end: whoever is woken was woken by the file. */
const sleepless: Ports = {
  ...systemPorts,
  sleep: (ms, signal) => systemPorts.sleep(ms < 1_000 ? ms : 3_600_000, signal),
};

interface Watched {
  readonly log: string;
  readonly wake: Wake;
  /** As if another connection had committed. */
  commit(): void;
  readonly hints: readonly Hint[];
  /** Ends the watch. */
  leave(): void;
  onHint: () => void;
}

async function watchedLog(): Promise<Watched> {
  const log = join(await folder(), "log");
  await writeFile(log, "");
  let version = 1;
  const hints: Hint[] = [];
  const wake = new Wake({ ports: sleepless, log, version: () => version });
  onTestFinished(() => wake.close());
  const leave = wake.watch((hint) => {
    hints.push(hint);
    watched.onHint();
  });
  const watched: Watched = { log, wake, commit: () => (version += 1), hints, leave, onHint: () => undefined };
  return watched;
}

test("a commit that becomes visible long after its write is seen", async () => {
  const watched = await watchedLog();
  await appendFile(watched.log, "frame");
  await systemPorts.sleep(600);
  watched.commit();
  await vi.waitFor(() => expect(watched.hints).toHaveLength(1), 5_000);
});

test.each([
  ["", () => undefined],
  [", beside a commit of this connection", (wake: Wake) => wake.tell([])],
])("a write is looked after also if the first look sees an earlier commit%s", async (_, beside) => {
  const watched = await watchedLog();
  beside(watched.wake);
  watched.onHint = () => {
    if (watched.hints.length === 1) watched.commit();
  };
  watched.commit();
  await appendFile(watched.log, "frame");
  await vi.waitFor(() => expect(watched.hints).toHaveLength(2), 5_000);
});

test("a write that begins while nobody watches, and becomes visible while somebody does, is seen", async () => {
  const { log, wake, commit, hints, leave } = await watchedLog();
  leave();
  const file = watch(log);
  onTestFinished(() => file.close());
  const written = once(file, "change");
  await appendFile(log, "frame");
  await written;
  await new Promise(setImmediate);
  const later: Hint[] = [];
  wake.watch((hint) => later.push(hint));
  commit();
  await vi.waitFor(() => expect(later).toHaveLength(1), 5_000);
  expect(hints).toEqual([]);
});

test("a write does not wait for a long pause after an earlier one", async () => {
  const log = join(await folder(), "log");
  await writeFile(log, "");
  const pauses: number[] = [];
  const sleep: Ports["sleep"] = (ms, signal) => {
    pauses.push(ms);
    const isOver = ms < 15 && signal === undefined;
    return isOver ? Promise.resolve() : new Promise((resolve) => signal?.addEventListener("abort", () => resolve()));
  };
  const wake = new Wake({ ports: { ...systemPorts, sleep }, log, version: () => 1 });
  wake.watch(() => undefined);
  for (const writes of [1, 2]) {
    await appendFile(log, "frame");
    await vi.waitFor(() => expect(pauses.filter((ms) => ms === 1).length).toBeGreaterThanOrEqual(writes), 5_000);
  }
  wake.close();
});

test("a look that fails is told as a change, and ends nothing", async () => {
  const ports = manualPorts();
  let isBroken = false;
  const version = (): number => {
    if (isBroken) throw new Error("disk I/O error");
    return 1;
  };
  const wake = new Wake({ ports, log: join(await folder(), "not-there"), version });
  const hints: Hint[] = [];
  wake.watch((hint) => hints.push(hint));
  const second = async (): Promise<void> => {
    ports.advance(1_000);
    await new Promise(setImmediate);
  };
  isBroken = true;
  await second();
  await second();
  expect(hints).toHaveLength(2);
  isBroken = false;
  await second();
  await second();
  expect(hints).toHaveLength(3);
  wake.close();
});

test("a log that cannot be watched is said once", async () => {
  const warned = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
  onTestFinished(() => warned.mockRestore());
  const file = join(await folder(), "file");
  await writeFile(file, "");
  const ports = manualPorts();
  const wake = new Wake({ ports, log: join(file, "log"), version: () => 1 });
  wake.watch(() => undefined);
  ports.advance(1_000);
  await new Promise(setImmediate);
  expect(warned).toHaveBeenCalledExactlyOnceWith(expect.stringContaining("cannot be watched"), {
    type: "JobyardWarning",
  });
  wake.close();
});

async function openStore(ports: Ports): Promise<{ readonly adapter: Adapter; another(): Adapter }> {
  const file = join(await folder(), "jobs.db");
  const another = (): Adapter => {
    const adapter = sqliteAdapter({ file, durability: "crash", ports });
    onTestFinished(() => adapter.close());
    return adapter;
  };
  return { adapter: another(), another };
}

test("two workers that wait for more while they hold jobs do not wake each other", async () => {
  const { adapter, another } = await openStore(systemPorts);
  const other = another();
  await adapter.writer.enqueue([newJob("a"), newJob("b")]);
  await adapter.leaser.claim(claimRequest("t1", { max: 1 }));
  await other.leaser.claim(claimRequest("t2", { max: 1, session: "w2" }));
  let hints = 0;
  another().reader.watch(() => (hints += 1));
  await Promise.all([
    adapter.leaser.claim(claimRequest("t3", { waitMs: 500 })),
    other.leaser.claim(claimRequest("t4", { waitMs: 500, session: "w2" })),
  ]);
  expect(hints).toBeLessThan(5);
});

const RESCUE: Decision = {
  move: "rescue",
  to: "waiting",
  charged: false,
  heldLimit: 1,
  delayMs: 0,
  failure: { code: "LEASE_EXPIRED", message: "gone", stack: null },
};

/** Leaves a job that may only be claimed in an exclusive batch. */
async function addHeld(adapter: Adapter, id: string): Promise<void> {
  await adapter.writer.enqueue([newJob(id)]);
  const { jobs } = await adapter.leaser.claim(claimRequest("lost", { session: "gone" }));
  await adapter.leaser.settle(jobs.map(({ lease }) => ({ lease, guard: "held", decision: RESCUE })));
}

test("a session with an exclusive batch that waits beside due jobs sleeps", async () => {
  let sleeps = 0;
  const ports: Ports = {
    ...systemPorts,
    sleep: (ms, signal) => {
      sleeps += 1;
      return systemPorts.sleep(ms, signal);
    },
  };
  const { adapter } = await openStore(ports);
  await addHeld(adapter, "held");
  await adapter.writer.enqueue([newJob("soon", { start: { delayMs: 5 } })]);
  expect((await adapter.leaser.claim(claimRequest("t1", { held: true }))).jobs).toHaveLength(1);
  await systemPorts.sleep(10);
  const waiting = await adapter.leaser.claim(claimRequest("t2", { waitMs: 200 }));
  expect(waiting).toMatchObject({ jobs: [], nextDueAt: null });
  expect(sleeps).toBeLessThan(5);
});

test("what a claim calls up at once is bounded, and one that waits goes on by itself", async () => {
  const ports = manualPorts();
  const { adapter } = await openStore(ports);
  const unknown = Array.from({ length: 10_000 }, (_, index) =>
    newJob(`u${index}`, { name: "mystery", start: { delayMs: 1_000 } }),
  );
  await adapter.writer.enqueue(unknown);
  await adapter.writer.enqueue([newJob("known", { start: { delayMs: 1_001 } })]);
  ports.advance(2_000);
  const { jobs } = await adapter.leaser.claim(claimRequest("t", { waitMs: 60_000 }));
  expect(jobs.map(({ lease }) => lease.ref.id)).toEqual(["known"]);
});

test("what a claim cancels at once is bounded, and one that waits goes on by itself", async () => {
  const ports = manualPorts();
  const { adapter } = await openStore(ports);
  const overdue = Array.from({ length: 5_000 }, (_, index) => newJob(`o${index}`, { expiresInMs: 1_000 }));
  await adapter.writer.enqueue(overdue);
  await adapter.writer.enqueue([newJob("good")]);
  ports.advance(2_000);
  const one: Partial<ClaimRequest> = { max: 1 };
  expect((await adapter.leaser.claim(claimRequest("t1", one))).jobs).toEqual([]);
  const cancelled = [{ field: "state", any: [{ text: "cancelled", glob: false }], not: false }] as never;
  expect((await adapter.reader.count(cancelled, 10_000)).n).toBeLessThan(5_000);
  const { jobs } = await adapter.leaser.claim(claimRequest("t2", { ...one, waitMs: 60_000 }));
  expect(jobs.map(({ lease }) => lease.ref.id)).toEqual(["good"]);
});
