import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { FIELDS, valuesOf } from "../../src/decisions/query/fields.ts";
import { parseQuery } from "../../src/decisions/query/parse.ts";
import { NOW } from "./jobs.ts";

const root = join(import.meta.dirname, "../../../..");
const page = readFileSync(join(root, "docs/query.md"), "utf8");

describe("docs/query.md", () => {
  const blocks = [...page.matchAll(/```query\n(.*?)```/gs)].flatMap(([, block]) => (block ?? "").trim().split("\n"));
  const rows = [...page.matchAll(/^\| `([a-z]+)` \| (.*) \| (.*) \|$/gm)].map(
    ([, field = "", finds = "", examples = ""]) => ({
      field,
      finds,
      examples: [...examples.matchAll(/`([^`]+)`/g)].map(([, example = ""]) => example),
    }),
  );

  test.each([...blocks, ...rows.flatMap(({ examples }) => examples)])("the example %s parses", (example) => {
    expect(parseQuery(example, NOW).length).toBeGreaterThan(0);
  });

  test("every field has its row, with examples of it and all words that it knows", () => {
    expect(rows.map(({ field }) => field)).toEqual(FIELDS.map(({ name }) => name));
    for (const field of FIELDS) {
      const row = rows.find((one) => one.field === field.name);
      expect(row?.examples.join(" ")).toMatch(new RegExp(`\\b${field.name}[.:]`));
      for (const word of valuesOf(field)) expect(row?.finds).toContain(`\`${word}\``);
    }
  });
});

test("docs/lifecycle.md is what the tables of states and moves say", () => {
  const script = join(root, "scripts/lifecycle-doc.mjs");
  expect(() => execFileSync(process.execPath, [script, "--check"], { stdio: "pipe" })).not.toThrow();
});
