/** docs/cli.md holds a section for every command, with an example that runs and the JSON that it prints. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createYard } from "@jobyard/core";
import { memoryAdapter } from "@jobyard/core/memory";
import { expect, inject, test } from "vitest";
import { createProgram } from "../src/cli/program.ts";
import { documents, type Place, place } from "./jobyard.ts";
import { SHAPES } from "./shapes.ts";

const page = readFileSync(join(import.meta.dirname, "../../../docs/cli.md"), "utf8");
const sections = new Map(
  page
    .split(/^### /m)
    .slice(1)
    .map((text) => [/^`([a-z]+)`/.exec(text)?.[1] ?? text.slice(0, 30), text]),
);
const program = createProgram();
const commands = program.commands.filter((command) => !command.name().startsWith("_"));

const blocks = (text: string, language: string): readonly string[] =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "gm"))].map((match) => match[1] ?? "");

test("every command has its section, in the order of the help, and no other has one", () => {
  expect([...sections.keys()]).toEqual(commands.map((command) => command.name()));
});

test.each(commands.map((command) => [command.name(), command] as const))("%s", (name, command) => {
  const text = sections.get(name) ?? "";
  const lines = blocks(text, "sh").flatMap((block) => block.trimEnd().split("\n"));
  expect(lines.some((line) => line.includes(`jobyard ${name}`))).toBe(true);
  const known = [...command.options, ...program.options].map(({ long }) => long);
  const shown = lines.flatMap((line) => line.match(/(?<= )--[a-z-]+/g) ?? []);
  expect(shown.filter((flag) => !known.includes(flag))).toEqual([]);
  const examples = blocks(text, "json").flatMap((block) => documents(name, block));
  expect(examples.length > 0).toBe(Object.hasOwn(SHAPES, name));
});

test("doctor's table has every code that is told of this backend", async () => {
  const here: Place = await place();
  const yard = createYard({ adapter: memoryAdapter() });
  const core = (await yard.board.examine()).filter(({ code }) => !code.startsWith("MEMORY_"));
  const told = [...core, ...(await here.json("doctor"))].map(({ code }) => String(code));
  const others = ["SQLITE_", "POSTGRES_", "REDIS_"].filter(
    (prefix) => prefix !== `${inject("backend").toUpperCase()}_`,
  );
  const listed = [...(sections.get("doctor") ?? "").matchAll(/^\| `([A-Z_]+)` \|/gm)]
    .map(([, code = ""]) => code)
    .filter((code) => !others.some((prefix) => code.startsWith(prefix)));
  expect([...new Set(told)].sort()).toEqual(listed.toSorted());
});
