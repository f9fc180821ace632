import { expect, test } from "vitest";
import { withBoundedBody } from "./bounded-body";

const URL = "http://jobs.local/api/trpc/x";

/** Without a length of its own, as a client sends that announces none. */
function streamed(...parts: string[]): Request {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const part of parts) controller.enqueue(new TextEncoder().encode(part));
      controller.close();
    },
  });
  return new Request(URL, { method: "POST", headers: { cookie: "a=b" }, body, duplex: "half" } as RequestInit);
}

test("a body within the bound is whole, and the rest of the request is the same", async () => {
  const request = await withBoundedBody(streamed('{"a":', "1}"), 7);
  expect(await request?.json()).toEqual({ a: 1 });
  expect(request?.headers.get("cookie")).toBe("a=b");
  expect(request?.method).toBe("POST");
});

test("a longer one is refused, announced or not", async () => {
  expect(await withBoundedBody(streamed('{"a":', "12}"), 7)).toBeNull();
  const announced = new Request(URL, { method: "POST", headers: { "content-length": "8" }, body: "" });
  expect(await withBoundedBody(announced, 7)).toBeNull();
});

test("a request without a body stays as it is", async () => {
  const request = new Request(URL);
  expect(await withBoundedBody(request, 0)).toBe(request);
});
