/** What a stopped process has yet to say, read from what it wrote. */

import type { HistoryEntry } from "@jobyard/core/testing";
import { expect, test } from "vitest";
import { unsaidRun, wasRefused } from "../history/last-word.ts";

type Entry = HistoryEntry extends infer One ? (One extends HistoryEntry ? Omit<One, "at" | "process"> : never) : never;

const stamped = (...entries: readonly Entry[]): readonly HistoryEntry[] =>
  entries.map((entry) => ({ at: 1, process: "w", ...entry }));

const run = (id: string, epoch = 0) => ({ queue: "work", id, epoch }) as const;
const started = (id: string, epoch = 0): Entry => ({ kind: "started", ...run(id, epoch) });
const settle = (call: number, ...ids: readonly string[]): Entry => ({
  kind: "settle",
  call,
  settlements: ids.map((id) => ({ ...run(id), token: "t", move: "complete", guard: "held" })),
});
const settled = (call: number, ...outcomes: readonly ("ok" | "lost")[]): Entry => ({
  kind: "settled",
  call,
  answers: outcomes.map((outcome) => (outcome === "ok" ? { outcome, state: "completed" } : { outcome })),
});

test("the last run that was begun and not settled has something to say", () => {
  expect(unsaidRun([])).toBe(null);
  expect(unsaidRun(stamped(started("a"), started("b"), started("c"), settle(1, "c")))).toMatchObject(run("b"));
  expect(unsaidRun(stamped(started("a"), settle(1, "a")))).toBe(null);
});

test("a later run of a job is another", () => {
  expect(unsaidRun(stamped(started("a"), settle(1, "a"), started("a", 1)))).toMatchObject(run("a", 1));
});

test("a run was refused if its own settlement was, whatever became of others in the same call", () => {
  const entries = stamped(started("a"), started("b"), settle(1, "a", "b"), settled(1, "ok", "lost"));
  expect(wasRefused(entries, run("a"))).toBe(false);
  expect(wasRefused(entries, run("b"))).toBe(true);
  expect(wasRefused(entries, run("b", 1))).toBe(false);
});

test("a settlement without an answer, or with an error, was not refused; the next try may be", () => {
  const unanswered = [started("a"), settle(1, "a"), { kind: "settled", call: 1, error: "STORE_BUSY" } as const];
  expect(wasRefused(stamped(...unanswered), run("a"))).toBe(false);
  expect(wasRefused(stamped(...unanswered, settle(2, "a"), settled(2, "lost")), run("a"))).toBe(true);
});

test("what a rescuer is told of a run is not what its worker is told", () => {
  const rescue = { ...run("a"), token: "t", move: "rescue", guard: "expired" } as const;
  const entries = stamped(started("a"), { kind: "settle", call: 1, settlements: [rescue] }, settled(1, "lost"));
  expect(wasRefused(entries, run("a"))).toBe(false);
});
