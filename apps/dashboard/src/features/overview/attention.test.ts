import type { Phase, QueueInfo, WorkerInfo } from "@jobyard/core";
import { DEFAULTS, PHASES } from "@jobyard/core";
import { expect, test } from "vitest";
import { attentionOf } from "./attention";

const NOW = 1_800_000_000_000;

function queue(name: string, counts: Partial<Record<Phase, number>> = {}, part: Partial<QueueInfo> = {}): QueueInfo {
  return {
    queue: name,
    paused: null,
    counts: Object.fromEntries(
      PHASES.map((phase) => [phase, { n: counts[phase] ?? 0, exact: true }]),
    ) as QueueInfo["counts"],
    depth: 0,
    oldestDueAt: null,
    settings: { maxSize: null, retention: DEFAULTS.retention },
    ...part,
  };
}
const worker = (...queues: string[]): WorkerInfo => ({
  session: "s",
  name: "w",
  host: "h",
  pid: 1,
  startedAt: NOW,
  seenAt: NOW,
  leaseMs: 30_000,
  queues: queues.map((name) => ({ queue: name, concurrency: 1, running: 0, types: [] })),
});
const kinds = (queues: QueueInfo[], workers: WorkerInfo[]) =>
  attentionOf(queues, workers, NOW).map(({ kind, queue: name }) => `${kind} ${name}`);

test("a healthy yard needs none, also while jobs wait for a moment or for their time", () => {
  const busy = queue("mail", { waiting: 900, scheduled: 5, active: 4, completed: 10 }, { oldestDueAt: NOW - 60_000 });
  expect(kinds([busy, queue("idle")], [worker("mail")])).toEqual([]);
});

test("each thing that is so is a line, the most urgent first", () => {
  const queues = [
    queue("paused", {}, { paused: { at: NOW - 1, by: "ana", reason: null } }),
    queue("held", { stale: 2 }),
    queue("full", {}, { depth: 50, settings: { maxSize: 50, retention: DEFAULTS.retention } }),
    queue("slow", { waiting: 3 }, { oldestDueAt: NOW - 301_000 }),
    queue("broken", { dead: 7 }),
    queue("alone", { waiting: 1 }, { oldestDueAt: NOW - 1 }),
  ];
  expect(kinds(queues, [worker("paused", "held", "full", "slow", "broken")])).toEqual([
    "no-worker alone",
    "dead broken",
    "lag slow",
    "full full",
    "stale held",
    "paused paused",
  ]);
});

test("a paused queue is not also late or without a worker", () => {
  const paused = queue(
    "mail",
    { waiting: 3 },
    { oldestDueAt: NOW - 900_000, paused: { at: NOW, by: "ana", reason: null } },
  );
  expect(kinds([paused], [])).toEqual(["paused mail"]);
});
