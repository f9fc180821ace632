import { expect, test } from "vitest";
import { isQueueError } from "../../src/nouns/errors.ts";
import { manualPorts } from "../../src/testing/manual-ports.ts";

test("time stands still until it is told to pass, and then passes on both clocks", () => {
  const ports = manualPorts(1_000);
  expect([ports.now(), ports.monotonic()]).toEqual([1_000, 0]);
  ports.advance(250);
  ports.advance("2s");
  expect([ports.now(), ports.monotonic()]).toEqual([3_250, 2_250]);
});

test("the wall clock can jump, either way, and no time has passed", async () => {
  const ports = manualPorts(1_000);
  const woken: string[] = [];
  const asleep = ports.sleep(10).then(() => woken.push("asleep"));
  ports.setNow(500);
  expect([ports.now(), ports.monotonic()]).toEqual([500, 0]);
  ports.setNow(9_000);
  ports.advance(9);
  await ports.sleep(0);
  expect(woken).toEqual([]);
  ports.advance(1);
  await asleep;
});

test("sleepers wake when their time has come, the earliest first", async () => {
  const ports = manualPorts();
  const woken: string[] = [];
  const sleeper = (name: string, ms: number): Promise<number> => ports.sleep(ms).then(() => woken.push(name));
  const all = [sleeper("c", 30), sleeper("a", 10), sleeper("b", 20)];
  ports.advance(20);
  await Promise.all(all.slice(1));
  expect(woken).toEqual(["a", "b"]);
  ports.advance(10);
  await Promise.all(all);
  expect(woken).toEqual(["a", "b", "c"]);
});

test("a signal ends a sleep, also one that was aborted before", async () => {
  const ports = manualPorts();
  const stop = new AbortController();
  const asleep = ports.sleep(10, stop.signal);
  stop.abort();
  await asleep;
  await ports.sleep(10, stop.signal);
});

test("a sleep of nothing ends at once", async () => {
  await manualPorts().sleep(0);
});

test("time does not run backwards", () => {
  const ports = manualPorts(1_000);
  expect(() => ports.advance(-1)).toThrow(expect.toSatisfy((error) => isQueueError(error, "BAD_DURATION")));
  expect(ports.now()).toBe(1_000);
});

test("ids and random numbers are the same in every run", () => {
  const [one, other] = [manualPorts(), manualPorts()];
  const ids = Array.from({ length: 12 }, () => one.newId());
  expect(ids.slice(0, 2)).toEqual(["id-00000001", "id-00000002"]);
  expect(ids.toSorted()).toEqual(ids);
  const numbers = Array.from({ length: 1_000 }, () => one.random());
  expect(numbers).toEqual(Array.from({ length: 1_000 }, () => other.random()));
  expect(new Set(numbers).size).toBe(1_000);
  expect(numbers.every((number) => number >= 0 && number < 1)).toBe(true);
  expect(numbers.filter((number) => number < 0.5).length).toBeGreaterThan(400);
  expect(numbers.filter((number) => number < 0.5).length).toBeLessThan(600);
});
