import { MOVES } from "@jobyard/core";
import { expect, test } from "vitest";
import { eventText } from "./event-text";

const event = (kind: string, data: unknown = null) => ({
  seq: 1,
  at: 0,
  kind,
  data: data === null ? null : JSON.stringify(data),
});

test("every move has words of its own", () => {
  const titles = Object.keys(MOVES).map((kind) => eventText(event(kind)).title);
  expect(titles).not.toContain("");
  expect(new Set(titles).size).toBe(titles.length);
});

test("what stands in the event is told, and a handler's own kind as it was written", () => {
  expect(eventText(event("claim", { worker: "w1", attempt: 2 })).detail).toBe("attempt 2 by w1");
  expect(eventText(event("retry", { error: { code: "X", message: "no route" }, runAt: 5 }))).toMatchObject({
    detail: "no route",
    tone: "bad",
  });
  expect(eventText(event("requeue", { by: "ana", previousPayload: "{}" })).detail).toBe(
    "by ana · with another payload",
  );
  expect(eventText(event("log", "a line")).detail).toBe("a line");
  expect(eventText(event("page.done", { page: 3 }))).toEqual({
    title: "page.done",
    detail: '{"page":3}',
    tone: "plain",
  });
  expect(eventText(event("constructor", { a: 1 })).title).toBe("constructor");
});
