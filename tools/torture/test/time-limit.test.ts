/** What is waited for too long is named. */

import { expect, test } from "vitest";
import { TimeLimit } from "../crew/time-limit.ts";

const never = new Promise<never>(() => {});
const nobody = new AbortController().signal;

test("what comes in time is handed on, and what fails fails", async () => {
  const limit = new TimeLimit(60_000, nobody);
  await expect(limit.wait("it", Promise.resolve(1))).resolves.toBe(1);
  await expect(limit.wait("it", Promise.reject(new Error("broken")))).rejects.toThrow("broken");
  let looks = 0;
  await expect(limit.until("it", () => (++looks < 3 ? null : "there"))).resolves.toBe("there");
});

test("what does not come is named", async () => {
  const limit = new TimeLimit(20, nobody);
  await expect(limit.wait("the end", never)).rejects.toThrow("time limit reached while waiting for the end");
  await expect(limit.until("the end", () => null)).rejects.toThrow("time limit reached while waiting for the end");
});

test("an interrupt ends every waiting", async () => {
  const interrupt = new AbortController();
  const limit = new TimeLimit(60_000, interrupt.signal);
  const waiting = limit.wait("the end", never);
  const looking = limit.until("the end", () => null);
  interrupt.abort();
  await expect(waiting).rejects.toThrow("interrupted while waiting for the end");
  await expect(looking).rejects.toThrow("interrupted");
});
