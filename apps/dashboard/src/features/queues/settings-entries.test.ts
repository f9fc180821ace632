import { DEFAULTS, PHASES, type QueueInfo } from "@jobyard/core";
import { expect, test } from "vitest";
import { settingsEntries } from "./settings-entries";

const info = (retention: Partial<QueueInfo["settings"]["retention"]>): QueueInfo => ({
  queue: "mail",
  paused: null,
  counts: Object.fromEntries(PHASES.map((phase) => [phase, { n: 0, exact: true }])) as QueueInfo["counts"],
  depth: 0,
  oldestDueAt: null,
  settings: { maxSize: null, retention: { ...DEFAULTS.retention, ...retention } },
});

const entry = (title: string, queue: QueueInfo) => new Map(settingsEntries(queue)).get(title);

test("each bound of retention is told", () => {
  const completed = { ageMs: 604_800_000, count: 100_000, bytes: 524_288_000 };
  expect(entry("Completed jobs are kept", info({ completed }))).toMatch(/^for 7.d, the last 100000, up to 500mb$/);
  const counted = { ageMs: null, count: 50, bytes: null };
  expect(entry("Cancelled jobs are kept", info({ cancelled: counted }))).toBe("the last 50");
  expect(entry("Dead jobs are kept", info({}))).toBe("until somebody removes them");
});
