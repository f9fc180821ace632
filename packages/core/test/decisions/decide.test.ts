import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { DecisionFacts } from "../../src/contract/adapter.ts";
import { decide, decideRescue, type Outcome } from "../../src/decisions/decide.ts";
import { LEASE_LOSS_POLICIES } from "../../src/nouns/job.ts";

const failure = { code: "ECONNREFUSED", message: "connect ECONNREFUSED", stack: null };
const facts: DecisionFacts = {
  attempt: 1,
  maxAttempts: 3,
  backoff: [10, 20],
  cancelRequested: false,
  onLeaseLost: "retry",
  heldLimit: null,
};

describe("what becomes of an attempt", () => {
  const failed: Outcome = { kind: "failed", failure, final: false, delayMs: null };

  test.each<[string, Partial<DecisionFacts>, Outcome, object]>([
    ["completed", {}, { kind: "completed", result: "1" }, { move: "complete", result: "1" }],
    ["failed", {}, failed, { move: "retry", delayMs: 10, failure }],
    ["failed again", { attempt: 2 }, failed, { move: "retry", delayMs: 20, failure }],
    ["failed for the last time", { attempt: 3 }, failed, { move: "bury", failure }],
    ["failed beyond its attempts", { attempt: 4 }, failed, { move: "bury", failure }],
    ["failed for good", {}, { ...failed, final: true }, { move: "bury", failure }],
    ["failed, its own delay", {}, { ...failed, delayMs: 7 }, { move: "retry", delayMs: 7, failure }],
    ["snoozed", { attempt: 3 }, { kind: "snoozed", delayMs: 5 }, { move: "release", delayMs: 5 }],
    [
      "cancelled by its handler",
      {},
      { kind: "cancelled", by: "handler", failure },
      { move: "stop", reason: "handler", failure },
    ],
    [
      "cancelled by an operator",
      {},
      { kind: "cancelled", by: "user", failure: null },
      { move: "stop", reason: "user", failure: null },
    ],
    ["expired before its start", {}, { kind: "expired" }, { move: "stop", reason: "expired", failure: null }],
    ["never started", { attempt: 3 }, { kind: "unstarted" }, { move: "release", delayMs: 0 }],
    ["aborted by a stop", { attempt: 3 }, { kind: "aborted" }, { move: "release", delayMs: 0 }],
    ["lost by its session", { attempt: 3 }, { kind: "lost" }, { move: "release", delayMs: 0 }],
  ])("%s", (_, over, outcome, decision) => {
    expect(decide({ ...facts, ...over }, outcome, 0)).toEqual(decision);
  });
});

describe("what becomes of a job whose worker vanished", () => {
  const alone = { alone: true, unsettled: 1 };
  const shared = { alone: false, unsettled: 5 };

  test("lost alone: charged, and tried again after its backoff", () => {
    expect(decideRescue(facts, alone, 0)).toMatchObject({ to: "waiting", charged: true, delayMs: 10, heldLimit: null });
  });
  test("lost alone with its last attempt: dead", () => {
    expect(decideRescue({ ...facts, attempt: 3 }, alone, 0)).toMatchObject({ to: "dead", charged: true });
  });
  test("lost with others: given back at once, to be claimed with half as many, whatever its attempts", () => {
    expect(decideRescue({ ...facts, attempt: 3 }, shared, 0)).toMatchObject({
      to: "waiting",
      charged: false,
      heldLimit: 3,
      delayMs: 0,
    });
  });
  test("the store's marks win over counting: cancel, then the policy", () => {
    expect(decideRescue({ ...facts, cancelRequested: true, onLeaseLost: "dead" }, alone, 0)).toMatchObject({
      to: "cancelled",
    });
    expect(decideRescue({ ...facts, onLeaseLost: "dead" }, shared, 0)).toMatchObject({ to: "dead" });
    expect(decideRescue({ ...facts, onLeaseLost: "hold" }, shared, 0)).toMatchObject({ to: "stale", charged: false });
    expect(decideRescue(facts, { ...shared, restarted: true }, 0)).toMatchObject({ to: "stale" });
  });
  test("the error says what happened", () => {
    expect(decideRescue(facts, alone, 0)).toMatchObject({
      failure: { code: "LEASE_EXPIRED", message: expect.stringContaining("probably crashed") },
    });
  });

  test("a job that kills its worker is dead after maxAttempts charged starts and log2(n) given back, its companions never charged", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2_000 }), fc.integer({ min: 1, max: 10 }), (companions, maxAttempts) => {
        let pill: DecisionFacts = { ...facts, attempt: 0, maxAttempts };
        let unsettled = companions;
        let givenBack = 0;
        for (let charged = 0; ; ) {
          const decision = decideRescue(
            { ...pill, attempt: pill.attempt + 1 },
            { alone: unsettled === 1, unsettled },
            0,
          );
          if (decision.move !== "rescue") throw new Error("a rescue is decided as a rescue");
          if (decision.charged) charged += 1;
          else givenBack += 1;
          if (decision.to === "dead") {
            expect(charged).toBe(maxAttempts);
            break;
          }
          pill = {
            ...pill,
            attempt: decision.charged ? pill.attempt + 1 : pill.attempt,
            heldLimit: decision.heldLimit,
          };
          unsettled = decision.heldLimit ?? unsettled;
          expect(charged + givenBack).toBeLessThan(100);
        }
        expect(givenBack).toBe(Math.ceil(Math.log2(companions)));
      }),
    );
  });

  test("only a job that was lost alone is ever charged", () => {
    fc.assert(
      fc.property(
        fc.record({
          attempt: fc.integer({ min: 1, max: 50 }),
          maxAttempts: fc.integer({ min: 1, max: 50 }),
          onLeaseLost: fc.constantFrom(...LEASE_LOSS_POLICIES),
          cancelRequested: fc.boolean(),
        }),
        fc.integer({ min: 2, max: 500 }),
        (over, unsettled) => {
          expect(decideRescue({ ...facts, ...over }, { alone: false, unsettled }, 0)).toMatchObject({ charged: false });
        },
      ),
    );
  });
});
