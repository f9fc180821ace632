import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { failureOf } from "../../src/decisions/failure.ts";
import { QueueError, UnrecoverableError } from "../../src/nouns/errors.ts";

class SmtpError extends Error {
  override name = "SmtpError";
}
const cyclic: { self?: unknown } = {};
cyclic.self = cyclic;
const revoked = Proxy.revocable({}, {});
revoked.revoke();

describe("a readable error", () => {
  test.each<[string, unknown, { readonly code: string; readonly message: string }]>([
    ["an error", new Error("boom"), { code: "Error", message: "boom" }],
    ["one of a class", new SmtpError("550"), { code: "SmtpError", message: "550" }],
    [
      "one with a code",
      Object.assign(new Error("no"), { code: "ECONNREFUSED" }),
      { code: "ECONNREFUSED", message: "no" },
    ],
    [
      "one whose cause has the code, as fetch throws",
      new TypeError("fetch failed", { cause: Object.assign(new Error("x"), { code: "ENOTFOUND" }) }),
      { code: "ENOTFOUND", message: "fetch failed" },
    ],
    [
      "one with a code that is no word",
      Object.assign(new Error("no"), { code: "a b" }),
      { code: "Error", message: "no" },
    ],
    [
      "one of ours",
      new QueueError("LEASE_LOST", "mail/1"),
      { code: "LEASE_LOST", message: expect.stringContaining("mail/1") },
    ],
    [
      "an unrecoverable one",
      new UnrecoverableError("no such user"),
      { code: "UNRECOVERABLE", message: "no such user" },
    ],
    ["one without a message", new SmtpError(), { code: "SmtpError", message: "SmtpError" }],
    ["a text", "just text", { code: "Error", message: "just text" }],
    ["a number", 42, { code: "Error", message: "42" }],
    ["nothing", undefined, { code: "Error", message: "undefined" }],
    ["null", null, { code: "Error", message: "null" }],
    ["a symbol", Symbol("s"), { code: "Error", message: "Symbol(s)" }],
    ["an object", { status: 503 }, { code: "Error", message: '{"status":503}' }],
    ["an object with a message", { code: "E_X", message: "hm" }, { code: "E_X", message: "hm" }],
    ["a cycle", cyclic, { code: "Error", message: "Object" }],
    ["a revoked proxy", revoked.proxy, { code: "Error", message: "Unknown error" }],
    ["an object without a prototype", Object.create(null), { code: "Error", message: "{}" }],
  ])("%s", (_, error, expected) => {
    expect(failureOf(error)).toMatchObject(expected);
  });
});

test("getters that throw are passed by", () => {
  const hostile = new Proxy(new Error("hidden"), {
    get: () => {
      throw new Error("no reading");
    },
  });
  expect(failureOf(hostile)).toMatchObject({ code: "Error", stack: null });
});

test("long texts are cut, never within a character", () => {
  const { message, stack } = failureOf(Object.assign(new Error("😀".repeat(600)), { stack: "s".repeat(10_000) }));
  expect(message).toHaveLength(500 - 1);
  expect(message.isWellFormed()).toBe(true);
  expect(message.endsWith("…")).toBe(true);
  expect(stack).toHaveLength(8_000);
});

test("half a character in a message is mended, so that every store takes it", () => {
  expect(failureOf(new Error("a\ud800b")).message).toBe("a\ufffdb");
});

test("whatever is thrown becomes a record within the limits", () => {
  fc.assert(
    fc.property(fc.anything({ withBigInt: true, withNullPrototype: true, withObjectString: true }), (thrown) => {
      const { code, message, stack } = failureOf(thrown);
      expect(code).toMatch(/^[A-Za-z][\w.-]{0,63}$/);
      expect(message.length).toBeGreaterThan(0);
      expect(message.length).toBeLessThanOrEqual(500);
      expect(message.isWellFormed()).toBe(true);
      expect(stack === null || typeof stack === "string").toBe(true);
    }),
  );
});
