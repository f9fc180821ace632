import { mayMove, PHASES } from "@jobyard/core";
import { expect, test } from "vitest";
import { canMove, moveRefusal, OFFERED_MOVES } from "./moves";

test("a button is offered exactly where MOVES lets the move leave, and else says why", () => {
  for (const move of OFFERED_MOVES)
    for (const phase of PHASES) {
      const state = phase === "scheduled" || phase === "retrying" ? "waiting" : phase;
      if (canMove(move, phase)) expect(mayMove(move, state)).toBe(true);
      else if (move !== "promote") expect(mayMove(move, state)).toBe(false);
      expect(moveRefusal(move, phase) === null).toBe(canMove(move, phase));
    }
});

test("only jobs whose time is ahead are made due", () => {
  expect(PHASES.filter((phase) => canMove("promote", phase))).toEqual(["scheduled", "retrying"]);
});
