import { expect, test } from "vitest";
import { createLimiter, type Limiter } from "./limiter";

function limiter(): { limits: Limiter; advance: (ms: number) => void } {
  let now = 0;
  return {
    limits: createLimiter({ tries: 10, windowMs: 900_000, monotonic: () => now }),
    advance: (ms) => {
      now += ms;
    },
  };
}

test("ten tries are counted, then the key waits out the window", () => {
  const { limits, advance } = limiter();
  for (let n = 1; n <= 10; n += 1) {
    expect(limits.waitMs("ana")).toBe(0);
    expect(limits.take("ana")).toBe(0);
    advance(1_000);
  }
  expect(limits.waitMs("ana")).toBe(890_000);
  expect(limits.take("ana")).toBe(890_000);
  advance(889_999);
  expect(limits.take("ana")).toBe(1);
  advance(1);
  expect(limits.take("ana")).toBe(0);
});

test("one key's tries are not another's, and a right password forgets them", () => {
  const { limits } = limiter();
  for (let n = 1; n <= 10; n += 1) limits.take("ana");
  expect(limits.take("bo")).toBe(0);
  limits.clear("ana");
  expect(limits.take("ana")).toBe(0);
});

test("a try that was given back does not count", () => {
  const { limits } = limiter();
  for (let n = 1; n <= 50; n += 1) {
    expect(limits.take("office")).toBe(0);
    limits.giveBack("office");
  }
});

test("what is remembered is bounded", () => {
  const { limits } = limiter();
  for (let n = 1; n <= 10; n += 1) limits.take("first");
  for (let n = 0; n < 10_000; n += 1) limits.take(`key ${n}`);
  expect(limits.take("first")).toBe(0);
});
