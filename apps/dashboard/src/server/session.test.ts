import { manualPorts, memoryAdapter } from "@jobyard/core/testing";
import { expect, test } from "vitest";
import { createSessions, IDLE_MS, LONGEST_MS, SESSION_KIND } from "./session";

const WHO = { user: "ana", stamp: "s1" };

function open() {
  const ports = manualPorts();
  const { records } = memoryAdapter({ ports });
  return { ports, records, sessions: createSessions(records, ports.now) };
}

test("the store holds no token, and two logins have two", async () => {
  const { records, sessions } = open();
  const token = await sessions.start(WHO, undefined);
  expect(await sessions.start(WHO, undefined)).not.toBe(token);
  expect(token).toHaveLength(43);
  const stored = await records.list(SESSION_KIND, null, 10);
  expect(stored).toHaveLength(2);
  expect(JSON.stringify(stored)).not.toContain(token);
});

test("a session lives while it is used, for twelve hours at most", async () => {
  const { ports, sessions } = open();
  const token = await sessions.start(WHO, undefined);
  const step = 20 * 60_000;
  for (let passed = 0; passed < LONGEST_MS; passed += step) {
    expect(await sessions.read(token)).toMatchObject(WHO);
    ports.advance(step);
  }
  expect(await sessions.read(token)).toBeNull();
});

test("half an hour without a request ends it", async () => {
  const { ports, sessions } = open();
  const token = await sessions.start(WHO, undefined);
  ports.advance(IDLE_MS - 1);
  expect(await sessions.read(token)).not.toBeNull();
  ports.advance(IDLE_MS);
  expect(await sessions.read(token)).toBeNull();
});

test("a login ends the session that the browser came with; a logout ends its own", async () => {
  const { sessions } = open();
  const first = await sessions.start(WHO, undefined);
  const second = await sessions.start(WHO, first);
  expect(await sessions.read(first)).toBeNull();
  await sessions.end(second);
  expect(await sessions.read(second)).toBeNull();
});
