import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  ERROR_CODES,
  type ErrorCode,
  isQueueError,
  QueueError,
  QueueFullError,
  UnrecoverableError,
} from "../../src/nouns/errors.ts";

const PAGES = join(import.meta.dirname, "../../../../docs/errors");
const codes = Object.keys(ERROR_CODES) as ErrorCode[];

describe("every code has a page with cause and cure that begins with its text", () => {
  test.each(codes)("%s", (code) => {
    expect(readFileSync(join(PAGES, `${code}.md`), "utf8")).toContain(`# ${code}\n\n> ${ERROR_CODES[code]}\n`);
  });
  test("and no page is about a code that there is not", () => {
    const pages = readdirSync(PAGES).map((file) => file.replace(/\.md$/, ""));
    expect(pages.filter((page) => page !== "README" && !codes.includes(page as ErrorCode))).toEqual([]);
  });
});

test("the message is what is particular, then what the code says", () => {
  expect(new QueueError("STORE_CLOSED", "").message).toBe(ERROR_CODES.STORE_CLOSED);
  expect(new QueueError("STORE_CLOSED", "jobs.db").message).toBe(`jobs.db. ${ERROR_CODES.STORE_CLOSED}`);
  expect(new QueueError("STORE_CLOSED", "Gone!").message).toBe(`Gone! ${ERROR_CODES.STORE_CLOSED}`);
});

test("facts and cause are kept", () => {
  const cause = new Error("why");
  const error = new QueueError("PAYLOAD_INVALID", "x", {
    cause,
    field: "payload",
    issues: [{ path: "a", message: "b" }],
    retryAfterMs: 5,
  });
  expect(error).toMatchObject({
    cause,
    field: "payload",
    issues: [{ path: "a", message: "b" }],
    retryAfterMs: 5,
    detail: "x",
  });
});

test("an error of ours is known by its mark, not by its class: two copies of this module may be loaded", async () => {
  const path = "../../src/nouns/errors.ts?copy";
  const copy: typeof import("../../src/nouns/errors.ts") = await import(path);
  const foreign = new copy.QueueError("LEASE_LOST", "mail/1");
  expect(foreign).not.toBeInstanceOf(QueueError);
  expect(isQueueError(foreign)).toBe(true);
  expect(isQueueError(foreign, "LEASE_LOST")).toBe(true);
  expect(isQueueError(foreign, "ID_CONFLICT")).toBe(false);
  expect(isQueueError(new Error("x"))).toBe(false);
  expect(isQueueError(null)).toBe(false);
});

test("the two with names of their own", () => {
  expect(new QueueFullError("mail", 1_000)).toMatchObject({
    code: "QUEUE_FULL",
    retryAfterMs: 1_000,
    name: "QueueFullError",
  });
  expect(new UnrecoverableError("no such user")).toMatchObject({ code: "UNRECOVERABLE", message: "no such user" });
});
