/** What a store says of its own health. */

import { expect } from "vitest";
import { DIAGNOSIS_LEVELS, type Diagnosis } from "../../nouns/diagnosis.ts";
import { BURY, type Chapter, COMPLETE, type Stage } from "./stage.ts";

export const examineChapter: Chapter = (test) => {
  test("a fresh store has something to say, and no problem", async (stage) => {
    const told = await stage.adapter.examine();
    expect(told.length).toBeGreaterThan(0);
    expect(told.filter(({ level }) => level === "problem")).toEqual([]);
  });

  test("codes are told once, and begin with the adapter's name", async (stage) => {
    const codes = (await stage.adapter.examine()).map(({ code }) => code);
    const name = stage.adapter.name.toUpperCase().replaceAll(/[^A-Z0-9]/g, "_");
    expect(codes.filter((code) => !code.startsWith(`${name}_`) || !/^[A-Z0-9_]+$/.test(code))).toEqual([]);
    expect(new Set(codes).size).toBe(codes.length);
  });

  test("what is well needs no fix, and every problem has one", async (stage) => {
    await withJobs(stage);
    for (const one of await stage.adapter.examine()) expect(faultIn(one), one.code).toBeNull();
  });

  test("it is plain JSON, to the same from every handle", async (stage) => {
    await withJobs(stage);
    const told = await stage.adapter.examine();
    expect(JSON.parse(JSON.stringify(told))).toEqual(told);
    const other = await (await stage.second()).examine();
    expect(other.map(({ code }) => code).sort()).toEqual(told.map(({ code }) => code).sort());
  });

  test("looking changes nothing, and is no hindrance to work", async (stage) => {
    const refs = await withJobs(stage);
    const before = await stage.adapter.reader.get(refs);
    await Promise.all([stage.adapter.examine(), stage.adapter.examine(), stage.addOne({ id: "meanwhile" })]);
    expect(await stage.adapter.reader.get(refs)).toEqual(before);
    expect(await stage.take({ session: "later" })).not.toEqual([]);
  });
};

/** Jobs that wait, are ahead, run, completed and died. */
async function withJobs(stage: Stage): Promise<readonly { readonly queue: string; readonly id: string }[]> {
  const refs = await stage.add({}, {}, {}, { start: { delayMs: 60_000 } }, {});
  for (const decision of [COMPLETE, BURY]) await stage.settle((await stage.takeOne()).lease, decision);
  await stage.takeOne();
  return refs;
}

function faultIn({ level, text, fix, evidence }: Diagnosis): string | null {
  if (!DIAGNOSIS_LEVELS.includes(level)) return `level ${level}`;
  if (text.trim() === "") return "no text";
  if (level === "ok" && fix !== undefined) return "a fix for what is well";
  if (level === "problem" && (fix ?? "").trim() === "") return "a problem without a fix";
  const nested = Object.entries(evidence).find(([, value]) => typeof value === "object" && value !== null);
  return nested ? `evidence.${nested[0]} is no plain value` : null;
}
