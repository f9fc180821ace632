import { PHASES, parseQuery, type QueueInfo } from "@jobyard/core";
import { expect, test } from "vitest";
import { jobsToSearch } from "./jobs-to-search";

const info = (queue: string, counts: Partial<Record<(typeof PHASES)[number], number>>, depth: number): QueueInfo => ({
  queue,
  paused: null,
  depth,
  oldestDueAt: null,
  counts: Object.fromEntries(
    PHASES.map((phase) => [phase, { n: counts[phase] ?? 0, exact: phase !== "waiting" }]),
  ) as QueueInfo["counts"],
  settings: { maxSize: null, retention: { completed: [], dead: [], cancelled: [] } as never },
});

const QUEUES = [
  info("mail", { waiting: 10_000, active: 2, completed: 600, dead: 30 }, 300_000),
  info("print", { completed: 7 }, 1),
];
const among = (q: string): unknown => jobsToSearch(parseQuery(q, 0), QUEUES);

test("all jobs, by the counters that are exact", () => {
  expect(among("payload.a:1")).toEqual({ n: 300_638, exact: true });
});

test("only the queues and phases that are left open", () => {
  expect(among("queue:pr* payload.a:1")).toEqual({ n: 8, exact: true });
  expect(among("state:(dead OR completed) payload.a:1")).toEqual({ n: 637, exact: true });
  expect(among("-state:waiting tag:x")).toEqual({ n: 639, exact: true });
  expect(among("state:waiting tag:x")).toEqual({ n: 10_000, exact: false });
});

test("not known for some types of a queue", () => {
  expect(among("name:greet payload.a:1")).toBeNull();
});
