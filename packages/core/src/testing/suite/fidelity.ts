/** Texts come out as they went in, byte for byte, wherever they pass through. */

import { expect } from "vitest";
import { type Chapter, QUEUE } from "./stage.ts";

const TEXTS: Readonly<Record<string, string>> = {
  null: "null",
  false: "false",
  zero: "0",
  "an empty text": '""',
  "an empty list": "[]",
  "an empty object": "{}",
  "an empty list in an object": '{"list":[],"object":{}}',
  "a NUL, escaped": '{"text":"a\\u0000b"}',
  "lone surrogates, escaped": '{"high":"\\ud800","low":"\\udc00","pair":"\\ud83d\\ude00"}',
  "escapes that need not be": '"\\u0041\\/\\n"',
  "keys in their order, also number-like ones": '{"z":1,"a":2,"10":3,"2":4}',
  "a key twice": '{"a":1,"a":2}',
  "numbers beyond 2^53": "[9007199254740993,-18446744073709551616,123456789012345678901234567890]",
  "numbers as they were written": "[1.0,1e3,1E+3,-0,0.1000,1e400]",
  "white space": ' {\n\t"a" : [ 1 ,2 ] }\r\n',
  "text of many scripts": '{"日本語":"žluťoučký 🐎","ar":"مرحبا","combining":"e\\u0301é"}',
  "quotes and wildcards": '"\' \\" ; -- % _ * ? $1 :x @y {0} \\\\"',
  __proto__: '{"__proto__":{"polluted":true},"constructor":1}',
  "deep nesting": `${"[".repeat(200)}${"]".repeat(200)}`,
};

export const fidelityChapter: Chapter = (test) => {
  for (const [what, text] of Object.entries(TEXTS))
    test(`payload, progress, event and result keep ${what}`, async (stage) => {
      const ref = await stage.addOne({ payload: text });
      expect((await stage.job(ref)).payload).toBe(text);
      const { lease, payload } = await stage.takeOne();
      expect(payload).toBe(text);
      await stage.adapter.leaser.append([
        { lease, kind: "progress", data: text },
        { lease, kind: "note", data: text },
      ]);
      await stage.settle(lease, { move: "complete", result: text });
      expect(await stage.job(ref)).toMatchObject({ payload: text, progress: text, result: text });
      expect((await stage.events(ref)).slice(2, 4).map((event) => event.data)).toEqual([text, text]);
    });

  test("an edited payload, the replaced one and a record's document are kept as well", async (stage) => {
    for (const text of Object.values(TEXTS)) {
      const ref = await stage.addOne({ payload: text });
      await stage.move("edit", ref, { payload: ` ${text}` });
      expect((await stage.job(ref)).payload).toBe(` ${text}`);
      const data = (await stage.events(ref)).at(-1)?.data ?? "";
      expect((JSON.parse(data) as { readonly previousPayload: unknown }).previousPayload).toBe(text);
      await stage.adapter.records.put("doc", "one", text);
      expect((await stage.adapter.records.get("doc", "one"))?.doc).toBe(text);
      await stage.move("cancel", ref);
    }
  });

  test("a payload of one mebibyte, and a batch of them", async (stage) => {
    const payload = JSON.stringify("é€😀".repeat(116_508));
    expect(Buffer.byteLength(payload)).toBeGreaterThan(1_048_000);
    const [ref] = await stage.add({ payload }, { payload }, { payload });
    if (!ref) throw new Error("three jobs");
    expect((await stage.job(ref)).payload === payload).toBe(true);
    expect((await stage.take()).every((job) => job.payload === payload)).toBe(true);
  });

  test("errors keep their text and their stack", async (stage) => {
    const failure = {
      code: "HANDLER_ERROR",
      message: "größer als 'alles' \"je\" \u0000 \ud83d\ude00 %s\n next line",
      stack: "Error: x\n    at a (file.ts:1:2)\n    at b",
    };
    const ref = await stage.addOne();
    await stage.settle((await stage.takeOne()).lease, { move: "retry", delayMs: 0, failure });
    expect((await stage.job(ref)).errors).toEqual([{ at: await stage.now(), attempt: 1, ...failure }]);
    const { lease } = await stage.takeOne();
    await stage.settle(lease, { move: "bury", failure: { ...failure, stack: null } });
    expect((await stage.job(ref)).errors.at(-1)?.stack).toBeNull();
  });

  test("a list shows the last error, and not the large texts", async (stage) => {
    await stage.addOne({ payload: '"large"' });
    const first = await stage.takeOne();
    const message = (text: string) => ({ code: "HANDLER_ERROR", message: text, stack: null });
    await stage.settle(first.lease, { move: "retry", delayMs: 0, failure: message("first") });
    await stage.settle((await stage.takeOne()).lease, { move: "bury", failure: message("second") });
    const { items } = await stage.adapter.reader.list({ filter: [], limit: 10, cursor: null });
    expect(items).toMatchObject([{ queue: QUEUE, state: "dead", lastError: { attempt: 2, message: "second" } }]);
    for (const field of ["payload", "result", "errors", "backoff"]) expect(items[0]).not.toHaveProperty(field);
  });
};
