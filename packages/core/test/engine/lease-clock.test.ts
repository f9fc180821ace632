import { expect, test } from "vitest";
import { createLeaseClock } from "../../src/engine/worker/lease-clock.ts";
import { manualPorts } from "../../src/testing/manual-ports.ts";

test("the server's clock is followed by whole milliseconds, never ahead, whatever this machine's clock says", () => {
  const ports = manualPorts();
  let mono = 1_000.7;
  const clock = createLeaseClock({ ...ports, monotonic: () => mono }, 30_000);
  expect(clock.lastContactAt).toBeNull();
  clock.contact(5_000);
  mono += 10.5;
  ports.setNow(0);
  expect(clock.serverNow()).toBe(5_010);
  expect(clock.lastContactAt).toBe(1_000.7);
});

test("a lease counts from when its renewal was sent, and an answer that comes late shortens none", () => {
  const clock = createLeaseClock(manualPorts(), 30_000);
  clock.renewed(2_000);
  clock.renewed(1_000);
  expect(clock.validUntil).toBe(32_000);
});
