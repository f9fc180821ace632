import { expect, test } from "vitest";
import { createSharedReads } from "./shared-reads";

test("one read for all until the next hint or two seconds; a failure is not shared", async () => {
  let version = 1;
  let now = 0;
  let reads = 0;
  const shared = createSharedReads(
    () => version,
    () => now,
  );
  const read = () => shared("queues", async () => (reads += 1));
  expect(await Promise.all([read(), read(), read()])).toEqual([1, 1, 1]);
  version += 1;
  expect(await read()).toBe(2);
  now += 1_999;
  expect(await read()).toBe(2);
  now += 1;
  expect(await read()).toBe(3);
  version += 1;
  await expect(shared("queues", () => Promise.reject(new Error("away")))).rejects.toThrow("away");
  expect(await read()).toBe(4);
});
