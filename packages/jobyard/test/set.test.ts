/** `jobyard set`: what it shows, what it changes, and that its bounds hold. */

import { describe, expect, test } from "vitest";
import { keep, retentionText } from "../src/cli/retention.ts";
import { expectError, type Place, place } from "./jobyard.ts";

const here: Place = await place();
const DAY = 86_400_000;

test("without options it shows what holds, as flags that would set it", async () => {
  expect(await here.ok("set", "shown")).toBe(
    [
      "SETTING           VALUE",
      "--max-size        none",
      "--keep-completed  7d",
      "--keep-dead       forever",
      "--keep-cancelled  7d",
      "",
    ].join("\n"),
  );
  expect(await here.ok("queues")).toBe("There are no queues yet.\n");
});

test("it changes what is named, shows all after it, and leaves the rest", async () => {
  const keepAll = { ageMs: null, count: null, bytes: null };
  const week = { ...keepAll, ageMs: 7 * DAY };
  expect(await here.json("set", "mail", "--max-size", "50")).toEqual([
    { queue: "mail", maxSize: 50, retention: { completed: week, dead: keepAll, cancelled: week } },
  ]);
  const bounds = { ageMs: 3 * DAY, count: 100_000, bytes: 500 * 1_048_576 };
  expect(await here.json("set", "mail", "--keep-completed", "3d,100000,500mb", "--keep-dead", "10")).toEqual([
    { queue: "mail", maxSize: 50, retention: { completed: bounds, dead: { ...keepAll, count: 10 }, cancelled: week } },
  ]);
  const shown = await here.ok("set", "mail", "--max-size", "none", "--keep-cancelled", "forever");
  expect(shown).toMatch(/^--max-size +none$/m);
  expect(shown).toMatch(/^--keep-completed +3d,100000,500mb$/m);
  expect(shown).toMatch(/^--keep-cancelled +forever$/m);
});

test("a bound holds at once", async () => {
  await here.ok("set", "tiny", "--max-size", "1");
  await here.ok("enqueue", "add", "1", "--queue", "tiny");
  expectError(await here.run("enqueue", "add", "1", "--queue", "tiny"), "QUEUE_FULL", 1, "tiny/");
  await here.ok("set", "tiny", "--max-size", "none");
  await here.ok("enqueue", "add", "1", "--queue", "tiny");
});

test("a queue without jobs is set with a word of doubt", async () => {
  const finished = await here.run("set", "mial", "--max-size", "5");
  expect(finished).toMatchObject({ code: 0 });
  expect(finished.err).toContain('there are no jobs in a queue "mial"');
});

describe("what cannot be understood changes nothing", () => {
  test.each([
    [["--max-size", "0"], "BAD_OPTION", "whole number from 1 on, or none"],
    [["--max-size", "many"], "BAD_OPTION", "whole number from 1 on, or none"],
    [["--keep-dead", "3x"], "BAD_OPTION", "must look like 7d (age)"],
    [["--keep-dead", ""], "BAD_OPTION", "must look like 7d (age)"],
    [["--keep-dead", "3d,4d"], "BAD_OPTION", "must look like 7d (age)"],
    [["--keep-dead", "200000d"], "BAD_DURATION", "retention.dead"],
    [["--keep-everything", "3d"], "USAGE", "unknown option"],
    [["--on-lease-lost", "hold"], "USAGE", "unknown option"],
    [["--min-gap", "10s"], "USAGE", "unknown option"],
  ] as const)("%j", async (args, code, text) => {
    expectError(await here.run("set", "wrong", ...args), code, 2, text);
  });

  test("nor does a queue whose name cannot be", async () => {
    expectError(await here.run("set", "a:b", "--max-size", "1"), "BAD_NAME", 2, "queue");
  });
});

test.each([
  ["7d", { age: "7d" }],
  [" 12H , 5 ", { age: "12h", count: 5 }],
  ["1.5gb", { bytes: "1.5gb" }],
  ["90m", { age: "90m" }],
  ["90mb", { bytes: "90mb" }],
  ["forever", {}],
])("%j is read by its units", (text, bounds) => expect(keep("--keep")(text)).toEqual(bounds));

test("bounds are shown in the form in which they are read", () => {
  expect(retentionText({ ageMs: 5_400_000, count: 7, bytes: 2_048 })).toBe("90m,7,2kb");
  expect(retentionText({ ageMs: null, count: 0, bytes: null })).toBe("0");
});
