/** What a process writes down of what it asked and was answered, on a store without any faults. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createYard, type Yard } from "@jobyard/core";
import type { Adapter, Settlement } from "@jobyard/core/adapter";
import { claimRequest, type HistoryEntry, memoryAdapter, newJob } from "@jobyard/core/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Holdings } from "../history/holdings.ts";
import { readHistory } from "../history/read.ts";
import { type Recorder, recording } from "../history/recording.ts";
import { openHistory } from "../history/writer.ts";
import type { Point } from "../plan/faults.ts";
import { Points } from "../processes/points.ts";

let folder: string;
let recorder: Recorder;
let adapter: Adapter;
let passed: Point[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "jobyard-recording-"));
  const history = openHistory(folder, "w1");
  passed = [];
  const points = new Points(history);
  points.pass = (point) => void passed.push(point);
  recorder = { history, points, holdings: new Holdings(), roleOf: () => "healthy", uncommitted: new Map() };
  adapter = recording(memoryAdapter(), recorder);
});
afterEach(() => rmSync(folder, { recursive: true }));

const written = (): readonly HistoryEntry[] => readHistory(folder).entries;
const kinds = (): readonly string[] => written().map(({ kind }) => kind);

test("an enqueue is written before it is asked, and its answers after", async () => {
  await adapter.writer.enqueue([newJob("a"), newJob("a"), newJob("a", { payload: "1" })]);
  expect(written()).toMatchObject([
    { kind: "enqueue", process: "w1", call: 1, jobs: [{ queue: "mail", id: "a", role: "healthy" }, {}, {}] },
    { kind: "enqueued", process: "w1", call: 1, answers: ["accepted", "duplicate-id", "conflict"] },
  ]);
  expect(passed).toEqual(["before-enqueue", "after-enqueue"]);
});

test("a call that fails leaves its code, and fails", async () => {
  await adapter.close();
  await expect(adapter.writer.enqueue([newJob("a")])).rejects.toMatchObject({ code: "STORE_CLOSED" });
  expect(written().at(-1)).toMatchObject({ kind: "enqueued", call: 1, error: "STORE_CLOSED" });
});

test("claims that give nothing are not written", async () => {
  await adapter.leaser.claim(claimRequest("t"));
  expect(written()).toEqual([]);
  expect(passed).toEqual([]);
});

test("from claim to refusal: every step of a lease stands there with its epoch and token", async () => {
  await adapter.writer.enqueue([newJob("a")]);
  const { jobs } = await adapter.leaser.claim(claimRequest("t"));
  const leases = jobs.map(({ lease }) => lease);
  expect(recorder.holdings.epochOf({ queue: "mail", id: "a" })).toBe(0);
  await adapter.leaser.extend("w1", leases, 1_000);
  await adapter.leaser.append(leases.map((lease) => ({ lease, kind: "log", data: '"x"' })));
  const settlements = leases.map(
    (lease): Settlement => ({ lease, guard: "held", decision: { move: "complete", result: null } }),
  );
  await adapter.leaser.settle(settlements);
  await adapter.leaser.settle(settlements);
  const lease = { queue: "mail", id: "a", epoch: 0, token: "t" };
  expect(written().slice(2)).toMatchObject([
    { kind: "claimed", session: "w1", token: "t", jobs: [{ id: "a", epoch: 0, attempt: 1, heldLimit: null }] },
    { kind: "heartbeat", session: "w1", leases: [{ ...lease, standing: "held" }] },
    { kind: "appended", lines: [{ ...lease, written: true }] },
    { kind: "settle", call: 2, settlements: [{ ...lease, move: "complete", guard: "held" }] },
    { kind: "settled", call: 2, answers: [{ outcome: "ok", state: "completed" }] },
    { kind: "settle", call: 3 },
    { kind: "settled", call: 3, answers: [{ outcome: "lost" }] },
  ]);
  expect(() => recorder.holdings.epochOf({ queue: "mail", id: "a" })).toThrow(/without a lease/);
  expect(passed.slice(2)).toEqual(["after-claim", "in-heartbeat", ...SETTLED, ...SETTLED]);
});

const SETTLED: readonly Point[] = ["before-settle", "after-settle"];

test("a rescue passes a point of its own", async () => {
  await adapter.writer.enqueue([newJob("a")]);
  const { jobs } = await adapter.leaser.claim(claimRequest("t"));
  await adapter.leaser.retire("w1");
  const failure = { code: "LEASE_EXPIRED", message: "", stack: null };
  const rescue = { move: "rescue", to: "waiting", charged: false, heldLimit: 1, delayMs: 0, failure } as const;
  await adapter.leaser.settle(jobs.map(({ lease }) => ({ lease, guard: "expired", decision: rescue })));
  expect(written().at(-2)).toMatchObject({ settlements: [{ move: "rescue", guard: "expired", charged: false }] });
  expect(passed.at(-1)).toBe("in-rescue");
});

test("the engine does not notice that it is recorded", async () => {
  const yard: Yard = createYard({ adapter });
  await yard.close();
  await expect(adapter.reader.now()).rejects.toMatchObject({ code: "STORE_CLOSED" });
  expect(kinds()).toEqual([]);
});
