/** What is tried again by itself, how often, and after what pauses. */

import { expect, test } from "vitest";
import { FailedTry, patiently, type Reach, type Remedy } from "../../src/contract/patience.ts";

interface Tried {
  readonly attempts: number;
  readonly pauses: readonly number[];
}

/** A call whose first tries fail so; its clock goes only while it sleeps. */
async function tried(
  remedy: Remedy,
  reach: Reach,
  { failures = Number.POSITIVE_INFINITY, callTimeoutMs = 60_000 } = {},
): Promise<Tried> {
  let at = 1_000;
  let attempts = 0;
  const pauses: number[] = [];
  const cause = new Error("down");
  const ports = {
    monotonic: () => at,
    random: () => 0.5,
    sleep: async (ms: number) => {
      pauses.push(ms);
      at += ms;
    },
  };
  const outcome = patiently({ ports, callTimeoutMs, remedyFor: () => remedy }, async () => {
    attempts += 1;
    if (attempts <= failures) throw new FailedTry(reach, cause);
    return "done";
  });
  if (failures < Number.POSITIVE_INFINITY) expect(await outcome).toBe("done");
  else await expect(outcome).rejects.toBe(cause);
  return { attempts, pauses };
}

test.each([
  ["none", "unsent"],
  ["none", "undone"],
  ["none", "unknown"],
  ["contention", "unknown"],
  ["passing", "unknown"],
  ["reconnect", "unsent"],
  ["reconnect", "unknown"],
] as const)("%s, %s: is told at once", async (remedy, reach) => {
  expect(await tried(remedy, reach)).toEqual({ attempts: 1, pauses: [] });
});

test.each([
  ["contention", "unsent", [1.5, 3, 6, 12]],
  ["contention", "undone", [1.5, 3, 6, 12]],
  ["passing", "unsent", [37.5, 75, 150, 300]],
  ["passing", "undone", [37.5, 75, 150, 300]],
  ["reconnect", "undone", [37.5, 75, 150, 300]],
] as const)("%s, %s: is tried again after longer and longer pauses", async (remedy, reach, pauses) => {
  expect(await tried(remedy, reach, { failures: 4 })).toEqual({ attempts: 5, pauses });
});

test("no pause is longer than a second, and no try begins after five", async () => {
  const { pauses } = await tried("passing", "undone");
  expect(pauses).toEqual([37.5, 75, 150, 300, 600, 750, 750, 750, 750, 750]);
});

test("half of a call's time is left to its last try", async () => {
  expect((await tried("passing", "undone", { callTimeoutMs: 500 })).pauses).toEqual([37.5, 75]);
});

test("what is no failed try is passed on as it is", async () => {
  const error = new TypeError("ours");
  const ports = { monotonic: () => 0, random: () => 0, sleep: async () => {} };
  const call = patiently({ ports, callTimeoutMs: 1_000, remedyFor: () => "passing" }, () => Promise.reject(error));
  await expect(call).rejects.toBe(error);
});
