/** Records on Redis: what the suite cannot see of them. */

import { describe, expect, test } from "vitest";
import { getRecord, listRecords, putRecord, removeRecord } from "../src/records.ts";
import { openGround } from "./scripts-ground.ts";

describe("records", () => {
  test("a document comes out as it went in, whatever is in it", async () => {
    const ground = await openGround();
    for (const doc of ['{"a":"x y\\n\\u0000 ünï 🦋"}', '"1 - 2"', "[ ]\n", `"${"x".repeat(100_000)}"`]) {
      await putRecord(ground, "view", "mine", doc, { ttlMs: 5_000 });
      expect((await getRecord(ground, "view", "mine"))?.doc).toBe(doc);
    }
  });

  test("a list goes on behind those that have ended, and past a page of them", async () => {
    const ground = await openGround();
    for (let n = 10; n < 40; n++)
      await putRecord(ground, "worker", `w${n}`, `${n}`, n % 10 === 0 ? {} : { ttlMs: 1_000 });
    await ground.advance(1_000);
    const found = await listRecords(ground, "worker", null, 2);
    expect(found.map(({ id }) => id)).toEqual(["w10", "w20"]);
    expect((await listRecords(ground, "worker", "w30", 5, "down")).map(({ id }) => id)).toEqual(["w20", "w10"]);
  });

  test("nothing is left of a record that was removed", async () => {
    const ground = await openGround();
    await putRecord(ground, "view", "mine", "1", { ttlMs: 5_000 });
    expect(await removeRecord(ground, "view", "mine")).toBe(true);
    expect(await ground.client.keys(`${ground.prefix}:*`)).toEqual([ground.own("clock")]);
  });

  test("one that is put for ever is not in line to end any more", async () => {
    const ground = await openGround();
    await putRecord(ground, "view", "mine", "1", { ttlMs: 5_000 });
    await putRecord(ground, "view", "mine", "2");
    expect(await ground.client.zcard(ground.own("recexp"))).toBe(0);
  });

  test("of many who put on one version one wins", async () => {
    const ground = await openGround();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) => putRecord(ground, "lock", "tick", `${n}`, { ifVersion: 0 })),
    );
    expect(answers.filter((version) => version !== null)).toEqual([1]);
  });
});
