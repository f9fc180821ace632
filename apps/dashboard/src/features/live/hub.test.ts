import type { Hint } from "@jobyard/core/adapter";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createHub, type Hub, type HubEvent } from "./hub";

let hint: (hint: Hint) => void;
let unwatched: boolean;
let hub: Hub;

beforeEach(() => {
  vi.useFakeTimers();
  unwatched = false;
  hub = createHub({
    watch: (onHint) => {
      hint = onHint;
      return () => {
        unwatched = true;
      };
    },
  });
});
afterEach(() => {
  hub.close();
  vi.useRealTimers();
});

/** Follows the stream and keeps what came. */
function follow(lastId: string | null = null, user = "ana") {
  const controller = new AbortController();
  const seen: HubEvent[] = [];
  const ended = (async () => {
    for await (const event of hub.subscribe(user, lastId, controller.signal)) seen.push(event);
  })();
  return { seen, ended, stop: () => controller.abort(), queues: () => seen.map(({ queues }) => queues) };
}
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

test("a stream begins with nothing changed, then tells each hint", async () => {
  const reader = follow();
  await pass(0);
  expect(reader.queues()).toEqual([[]]);
  hint({ queues: ["mail"] });
  await pass(0);
  expect(reader.queues()).toEqual([[], ["mail"]]);
});

test("a storm of hints goes out once a second, merged", async () => {
  const reader = follow();
  await pass(0);
  for (let n = 0; n < 500; n += 1) {
    hint({ queues: [n % 2 === 0 ? "mail" : "media"] });
    await pass(5);
  }
  expect(reader.seen.length).toBeLessThanOrEqual(5);
  expect(new Set(reader.queues().flat())).toEqual(new Set(["mail", "media"]));
});

test("what this process changed is told at once", async () => {
  const reader = follow();
  hint({ queues: ["mail"] });
  await pass(0);
  hub.touch(["media"]);
  await pass(0);
  expect(reader.queues().at(-1)).toEqual(["media"]);
});

test("without any hint everybody looks again every ten seconds", async () => {
  const reader = follow();
  await pass(10_001);
  expect(reader.queues().at(-1)).toBeNull();
});

test("who comes back with the newest id missed nothing, with another one anything", async () => {
  const first = follow();
  await pass(0);
  const newest = first.seen.at(-1)?.id ?? "";
  hint({ queues: ["mail"] });
  await pass(0);
  const late = follow(newest);
  const current = follow(first.seen.at(-1)?.id ?? "");
  await pass(0);
  expect(late.queues()).toEqual([null]);
  expect(current.queues()).toEqual([[]]);
});

test("a slow reader gets what it missed as one hint", async () => {
  const stream = hub.subscribe("ana", null, new AbortController().signal);
  await stream.next();
  hub.touch(["a"]);
  hub.touch(["b"]);
  hub.touch(["c"]);
  const { value } = await stream.next();
  expect(value?.queues).toEqual(["a", "b", "c"]);
});

test("a stream ends with its signal, and makes room", async () => {
  const readers = Array.from({ length: 50 }, () => follow());
  await pass(0);
  await expect(hub.subscribe("ana", null, new AbortController().signal).next()).rejects.toMatchObject({
    code: "RATE_LIMITED",
  });
  for (const reader of readers) reader.stop();
  await Promise.all(readers.map(({ ended }) => ended));
  const again = follow();
  await pass(0);
  expect(again.seen).toHaveLength(1);
});

test("closing it ends the watch", () => {
  hub.close();
  expect(unwatched).toBe(true);
});
