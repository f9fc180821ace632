/** Who was charged although others shared the crash. */

import type { DumpedJob } from "@jobyard/core/testing";
import { expect, test } from "vitest";
import { chargedInCompany } from "../history/charges.ts";

const job = (
  id: string,
  ...crashes: readonly (readonly [session: string, at: number, charged: boolean])[]
): DumpedJob => ({
  queue: "work",
  id,
  state: "waiting",
  reason: null,
  attempt: 0,
  maxAttempts: 3,
  rescues: crashes.length,
  heldLimit: null,
  epoch: crashes.length,
  seq: 2 * crashes.length + 1,
  events: [
    { seq: 1, at: 0, kind: "enqueue", data: null },
    ...crashes.flatMap(([worker, at, charged], index) => [
      { seq: 2 * index + 2, at: at - 1, kind: "claim", data: JSON.stringify({ worker, attempt: 1 }) },
      { seq: 2 * index + 3, at, kind: "rescue", data: JSON.stringify({ to: "waiting", charged }) },
    ]),
  ],
});

test("a job that was alone may be charged", () => {
  expect(chargedInCompany([job("a", ["s1", 10, true]), job("b", ["s2", 10, true])])).toEqual([]);
});

test("jobs that shared a crash may not", () => {
  expect(chargedInCompany([job("a", ["s1", 10, true]), job("b", ["s1", 10, false])])).toEqual([
    { queue: "work", id: "a" },
  ]);
  expect(chargedInCompany([job("a", ["s1", 10, false]), job("b", ["s1", 10, false])])).toEqual([]);
});

test("a session that lived on may lose its leases twice, each time for itself", () => {
  expect(chargedInCompany([job("a", ["s1", 10, true]), job("b", ["s1", 20, true])])).toEqual([]);
});
