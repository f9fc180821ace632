import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { expect, test } from "vitest";

const SRC = join(import.meta.dirname, "../src");
const FLOORS = ["nouns", "contract", "decisions", "engine"];

/** Both ends of every import within core, as paths under src. */
const imports = globSync("**/*.ts", { cwd: SRC }).flatMap((file) =>
  [...readFileSync(join(SRC, file), "utf8").matchAll(/(?:from|import\()\s*"(\.[^"]+)"/g)].map(([, path]) => ({
    file,
    target: normalize(join(dirname(file), path as string)),
  })),
);
const roomOf = (path: string): string => path.split("/")[0] as string;

test("a file imports from its own floor or below: nouns, contract, decisions, engine", () => {
  expect(imports.length).toBeGreaterThan(100);
  const upwards = imports.filter(({ file, target }) => {
    const floor = FLOORS.indexOf(roomOf(file));
    return floor >= 0 && !FLOORS.slice(0, floor + 1).includes(roomOf(target));
  });
  expect(upwards).toEqual([]);
});

test("no floor imports testing; only entry points hand it out", () => {
  const inwards = imports.filter(({ file, target }) => roomOf(target) === "testing" && FLOORS.includes(roomOf(file)));
  expect(inwards).toEqual([]);
});
