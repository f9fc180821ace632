import { describe, expect, test } from "vitest";
import {
  DEPTH_STATES,
  FINAL_STATES,
  isFinal,
  MOVES,
  type Move,
  mayMove,
  OPERATOR_MOVES,
  phaseOf,
  ruleOf,
  STATES,
  type State,
} from "../../src/nouns/lifecycle.ts";

const moves = Object.keys(MOVES) as Move[];

test("every state can be reached, and every state but the completed one can be left by an operator or the engine", () => {
  for (const state of STATES) expect(moves.some((move) => ruleOf(move).to.includes(state))).toBe(true);
  for (const state of STATES.filter((one) => one !== "completed"))
    expect(moves.some((move) => move !== "remove" && mayMove(move, state))).toBe(true);
});

test("a completed job never changes, but can be removed", () => {
  expect(moves.filter((move) => mayMove(move, "completed"))).toEqual(["remove"]);
});

test("only moves that show a lease leave the active state, but for a request to cancel and a yield of the store", () => {
  const unfenced = moves.filter((move) => mayMove(move, "active") && !ruleOf(move).fenced);
  expect(unfenced.toSorted()).toEqual(["cancel", "yield"]);
  expect(moves.filter((move) => ruleOf(move).fenced && ruleOf(move).from.some((state) => state !== "active"))).toEqual(
    [],
  );
});

test("an operator's moves are those of the table that operators and the engine make", () => {
  const asked = moves.filter((move) => ["operator", "engine"].includes(ruleOf(move).by));
  expect([...OPERATOR_MOVES].toSorted()).toEqual(asked.toSorted());
});

test("finals do not count towards a queue's depth, and stale ones neither", () => {
  expect(DEPTH_STATES.filter(isFinal)).toEqual([]);
  expect(DEPTH_STATES).not.toContain("stale");
  expect(FINAL_STATES).toEqual(["completed", "dead", "cancelled"]);
});

describe("the word for a job", () => {
  test.each<[State, number, number, string]>([
    ["waiting", 100, 0, "waiting"],
    ["waiting", 101, 0, "scheduled"],
    ["waiting", 101, 1, "retrying"],
    ["waiting", 99, 2, "waiting"],
    ["active", 101, 1, "active"],
    ["dead", 101, 3, "dead"],
  ])("%s, runAt %i, attempt %i, at 100: %s", (state, runAt, attempt, phase) => {
    expect(phaseOf({ state, runAt, attempt }, 100)).toBe(phase);
  });
});
