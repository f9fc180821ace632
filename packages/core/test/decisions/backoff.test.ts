import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { backoffMs } from "../../src/decisions/backoff.ts";
import { DEFAULT_BACKOFF } from "../../src/nouns/defaults.ts";
import type { Backoff } from "../../src/nouns/job.ts";

const MAX_MS = 3_162_240_000_000;
const attempts = fc.oneof(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }));
const shares = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const rules = fc.record({
  type: fc.constantFrom("fixed" as const, "linear" as const, "exponential" as const),
  delayMs: fc.integer({ min: 0, max: MAX_MS }),
  maxDelayMs: fc.integer({ min: 0, max: MAX_MS }),
  jitter: fc.double({ min: 0, max: 1, noNaN: true }),
});

describe("a list", () => {
  const list: Backoff = [1_000, 4_000, 16_000];
  test.each([
    [1, 1_000],
    [2, 4_000],
    [3, 16_000],
    [4, 16_000],
    [1_000_000, 16_000],
  ])("after attempt %i waits %i ms: the last repeats", (attempt, delay) => {
    expect(backoffMs(list, attempt, 0.9)).toBe(delay);
  });
});

describe("a rule", () => {
  const rule = { delayMs: 100, maxDelayMs: 1_000, jitter: 0 };
  test.each([
    ["fixed", [100, 100, 100, 100, 100, 100]],
    ["linear", [100, 200, 300, 400, 500, 600]],
    ["exponential", [100, 200, 400, 800, 1_000, 1_000]],
  ] as const)("%s grows so", (type, delays) => {
    expect(delays.map((_, index) => backoffMs({ ...rule, type }, index + 1, 0))).toEqual(delays);
  });

  test("without a policy the default holds: exponential from 1 s, 10 min at most", () => {
    expect([1, 2, 3, 50].map((attempt) => backoffMs(null, attempt, 0))).toEqual([1_000, 2_000, 4_000, 600_000]);
  });

  test("jitter takes up to its share off, and never adds", () => {
    expect(backoffMs({ ...rule, type: "fixed", jitter: 0.5 }, 1, 0)).toBe(100);
    expect(backoffMs({ ...rule, type: "fixed", jitter: 0.5 }, 1, 0.999)).toBe(50);
    expect(backoffMs(DEFAULT_BACKOFF, 1, 0.5)).toBe(900);
  });

  test("at any attempt the delay is whole, finite, within the cap and within the jitter's share of it", () => {
    fc.assert(
      fc.property(rules, attempts, shares, (policy, attempt, random) => {
        const delay = backoffMs(policy, attempt, random);
        const full = backoffMs({ ...policy, jitter: 0 }, attempt, random);
        expect(Number.isSafeInteger(delay)).toBe(true);
        expect(delay).toBeLessThanOrEqual(policy.maxDelayMs);
        expect(delay).toBeLessThanOrEqual(full);
        expect(delay).toBeGreaterThanOrEqual(Math.floor(full * (1 - policy.jitter)));
      }),
    );
  });

  test("a later attempt never waits less", () => {
    fc.assert(
      fc.property(rules, attempts, (policy, attempt) => {
        const without = { ...policy, jitter: 0 };
        expect(backoffMs(without, attempt + 1, 0)).toBeGreaterThanOrEqual(backoffMs(without, attempt, 0));
      }),
    );
  });
});
