import { expect, test } from "vitest";
import { createLimiter } from "./limiter";

function limiter(): { limiter: ReturnType<typeof createLimiter>; advance: (ms: number) => void } {
  let now = 0;
  return {
    limiter: createLimiter({ tries: 10, windowMs: 900_000, monotonic: () => now }),
    advance: (ms) => {
      now += ms;
    },
  };
}

test("nine wrong tries are free, the tenth waits out the window", () => {
  const { limiter: limits, advance } = limiter();
  for (let n = 1; n <= 9; n += 1) {
    expect(limits.fail("ana")).toBe(0);
    advance(1_000);
  }
  expect(limits.blockedMs("ana")).toBe(0);
  expect(limits.fail("ana")).toBe(891_000);
  advance(890_999);
  expect(limits.blockedMs("ana")).toBe(1);
  advance(1);
  expect(limits.blockedMs("ana")).toBe(0);
  expect(limits.fail("ana")).toBe(0);
});

test("one key's tries are not another's, and a right password forgets them", () => {
  const { limiter: limits } = limiter();
  for (let n = 1; n <= 10; n += 1) limits.fail("ana");
  expect(limits.blockedMs("bo")).toBe(0);
  limits.clear("ana");
  expect(limits.blockedMs("ana")).toBe(0);
});

test("what is remembered is bounded", () => {
  const { limiter: limits } = limiter();
  for (let n = 1; n <= 10; n += 1) limits.fail("first");
  for (let n = 0; n < 10_000; n += 1) limits.fail(`key ${n}`);
  expect(limits.blockedMs("first")).toBe(0);
});
