/** The code in the README is run as it stands there, but for the folder of its files. */

import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { folder } from "./bench.ts";

const packageFolder = join(import.meta.dirname, "..");
const readme = await readFile(join(packageFolder, "README.md"), "utf8");
const blocks = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].flatMap((match) => match[1] ?? []);

/** In the package's own folder, where its imports are found. */
async function run(code = ""): Promise<string> {
  const placed = code.replaceAll('"./', `"${await folder()}/`);
  const flags = ["-C", "@jobyard/source", "--input-type=module", "-e", placed];
  const { stdout } = await promisify(execFile)(process.execPath, flags, { cwd: packageFolder });
  return stdout.trim();
}

test("the ten lines greet", async () => {
  expect(await run(blocks[0])).toBe("Hello Ada");
});

test("the order and its job are there together", async () => {
  expect(await run(blocks[1])).toBe("default: 1 open");
});

test("there are no other examples", () => {
  expect(blocks).toHaveLength(2);
});
