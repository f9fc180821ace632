import { describe, expect, test } from "vitest";
import type { QueueInfo } from "../../src/contract/adapter.ts";
import { diagnose } from "../../src/decisions/health/diagnose.ts";
import type { DueType, HealthFacts } from "../../src/decisions/health/facts.ts";
import { DEFAULTS } from "../../src/nouns/defaults.ts";
import type { Diagnosis } from "../../src/nouns/diagnosis.ts";
import { PHASES, type Phase } from "../../src/nouns/lifecycle.ts";
import type { WorkerInfo } from "../../src/nouns/worker-info.ts";
import { served, workerInfo } from "../worker-info.ts";

const NOW = 1_800_000_000_000;
const HOUR = 3_600_000;

const queue = (
  name: string,
  counts: Partial<Record<Phase, number>> = {},
  over: Partial<QueueInfo> = {},
): QueueInfo => ({
  queue: name,
  paused: null,
  counts: Object.fromEntries(
    PHASES.map((phase) => [phase, { n: counts[phase] ?? 0, exact: true }]),
  ) as QueueInfo["counts"],
  depth: 0,
  oldestDueAt: null,
  settings: { maxSize: null, retention: DEFAULTS.retention },
  ...over,
});
const due = (name: string, agoMs = 60_000, over: Partial<QueueInfo> = {}): QueueInfo =>
  queue(name, { waiting: 3 }, { oldestDueAt: NOW - agoMs, ...over });

const worker = (queueName: string, types: readonly string[], over: Partial<WorkerInfo> = {}): WorkerInfo =>
  workerInfo({
    session: `session-${queueName}`,
    startedAt: NOW - HOUR,
    seenAt: NOW - 1_000,
    queues: [served(queueName, types)],
    ...over,
  });

/** Due types, of versions that are known wherever the type is. */
const types = (...names: readonly string[]): readonly DueType[] => names.map((name) => ({ name, newer: false }));

const HEALTHY: HealthFacts = {
  now: NOW,
  here: NOW,
  queues: [],
  workers: [worker("mail", ["greet"])],
  dueTypes: new Map(),
  overdue: null,
  recentlyDead: { n: 0, exact: true },
};

const told = (code: string, facts: Partial<HealthFacts>): Diagnosis => {
  const found = diagnose({ ...HEALTHY, ...facts }).filter((one) => one.code === code);
  expect(found).toHaveLength(1);
  return found[0] as Diagnosis;
};

test("a yard at work is well in every respect, and nothing is told twice", () => {
  const all = diagnose({ ...HEALTHY, queues: [due("mail")], dueTypes: new Map([["mail", types("greet")]]) });
  expect(all.filter(({ level }) => level !== "ok")).toEqual([]);
  expect(new Set(all.map(({ code }) => code)).size).toBe(all.length);
  expect(all.filter(({ fix }) => fix !== undefined)).toEqual([]);
});

describe("workers", () => {
  test("none alive is advice: somebody may only produce here", () => {
    expect(told("WORKERS", { workers: [] })).toMatchObject({ level: "advice", evidence: { workers: 0 } });
  });
  test("one that missed two heartbeats is named", () => {
    const late = worker("mail", ["greet"], { name: "late-one", seenAt: NOW - 21_000 });
    expect(told("WORKERS", { workers: [late] })).toMatchObject({ level: "advice", text: /late-one/ });
    expect(told("WORKERS", { workers: [worker("mail", [], { seenAt: NOW - 19_000 })] }).level).toBe("ok");
  });
  test("one with a longer lease beats less often", () => {
    const calm = (agoMs: number): WorkerInfo => worker("mail", ["greet"], { seenAt: NOW - agoMs, leaseMs: 600_000 });
    expect(told("WORKERS", { workers: [calm(399_000)] }).level).toBe("ok");
    expect(told("WORKERS", { workers: [calm(401_000)] }).level).toBe("advice");
  });
});

describe("work that is due", () => {
  test("in a queue that no live worker serves is a problem", () => {
    const found = told("UNSERVED_QUEUES", { queues: [due("media"), due("mail")] });
    expect(found).toMatchObject({ level: "problem", evidence: { queues: 1, waiting: 3 }, fix: /--queue media/ });
  });
  test("for a moment only, or in a paused queue, is none", () => {
    expect(told("UNSERVED_QUEUES", { queues: [due("media", 5_000)] }).level).toBe("ok");
    const paused = { at: NOW, by: "ada", reason: null };
    expect(told("UNSERVED_QUEUES", { queues: [due("media", 60_000, { paused })] }).level).toBe("ok");
  });
  test("of a type that no worker of its queue has is a problem", () => {
    const dueTypes = new Map([["mail", types("greet", "gret")]]);
    const found = told("UNKNOWN_TYPES", { queues: [due("mail")], dueTypes });
    expect(found).toMatchObject({ level: "problem", text: /mail: gret\./ });
  });
  test("of a version above all that its queue's workers know is a problem", () => {
    const dueTypes = new Map([["mail", [{ name: "greet", newer: true }]]]);
    const found = told("UNKNOWN_TYPES", { queues: [due("mail")], dueTypes });
    expect(found).toMatchObject({ level: "problem", text: /mail: greet above version 1\.$/ });
  });
  test("in a queue without any worker is told once", () => {
    const dueTypes = new Map([["media", types("resize")]]);
    expect(told("UNKNOWN_TYPES", { queues: [due("media")], dueTypes }).level).toBe("ok");
  });
});

test.each([
  ["a sweep has still time", NOW - 14_000, "ok"],
  ["two sweeps have passed", NOW - 16_000, "problem"],
] as const)("leases that are over: %s", (_, until, level) => {
  expect(told("LEASES", { overdue: { until, jobs: 4 } })).toMatchObject({ level, evidence: { overdueJobs: 4 } });
});

test("leases that the store does not tell of are advice", () => {
  expect(told("LEASES", { overdue: { refused: "NOPERM" } })).toMatchObject({ level: "advice", text: /NOPERM/ });
});

test.each([
  [4_000, "ok"],
  [6_000, "advice"],
  [-6_000, "advice"],
] as const)("a clock that is %i ms off", (offMs, level) => {
  expect(told("CLOCK", { here: NOW - offMs })).toMatchObject({ level, evidence: { storeAheadMs: offMs } });
});

test("what a person may have forgotten is advice", () => {
  const long = queue("mail", {}, { paused: { at: NOW - 2 * HOUR, by: "ada", reason: null } });
  expect(told("PAUSED_QUEUES", { queues: [long] })).toMatchObject({ level: "advice", text: /mail \(2 h, by ada\)/ });
  const short = queue("mail", {}, { paused: { at: NOW - HOUR, by: "ada", reason: null } });
  expect(told("PAUSED_QUEUES", { queues: [short] }).level).toBe("ok");
  expect(told("STALE_JOBS", { queues: [queue("mail", { stale: 2 })] })).toMatchObject({
    level: "advice",
    text: /^2 jobs/,
  });
});

test("a queue at its bound is advice, one below it is not", () => {
  const settings = { maxSize: 5, retention: DEFAULTS.retention };
  expect(told("FULL_QUEUES", { queues: [queue("mail", {}, { depth: 5, settings })] })).toMatchObject({
    level: "advice",
    text: /mail \(5 of 5\)/,
  });
  expect(told("FULL_QUEUES", { queues: [queue("mail", {}, { depth: 4, settings })] }).level).toBe("ok");
});

test("dead jobs of the last hour are news, older ones an archive", () => {
  const queues = [queue("mail", { dead: 9 })];
  expect(told("DEAD_JOBS", { queues })).toMatchObject({ level: "ok", evidence: { dead: 9 } });
  const recentlyDead = { n: 1, exact: true };
  expect(told("DEAD_JOBS", { queues, recentlyDead })).toMatchObject({ level: "advice", text: /^1 job died/ });
});

test("a queue's name is one word of a command that can be pasted", () => {
  const name = "mail; $(reboot)";
  expect(told("UNSERVED_QUEUES", { queues: [due(name)] }).fix).toMatch(/--queue 'mail; \$\(reboot\)'$/);
  const paused = { at: NOW - 2 * HOUR, by: "ada", reason: null };
  expect(told("PAUSED_QUEUES", { queues: [queue(name, {}, { paused })] }).fix).toMatch(/resume 'mail; \$\(reboot\)'$/);
});

test("many names are cut to a few", () => {
  const queues = Array.from({ length: 8 }, (_, n) => due(`q${n}`));
  expect(told("UNSERVED_QUEUES", { queues }).text).toMatch(/q0, q1, q2, q3, q4 and 3 more\.$/);
});
