/** The code in the README is run as it stands there, under a prefix of its own; what it lists is there. */

import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { newStore } from "@jobyard/servers/vitest/store";
import { expect, onTestFinished, test } from "vitest";
import { TESTED_BULLMQ } from "../src/bullmq.ts";
import { OLDEST_REDIS } from "../src/info.ts";
import { checkedOptions } from "../src/options.ts";
import { parseRedisUrl } from "../src/url.ts";

const packageFolder = join(import.meta.dirname, "..");
const readme = await readFile(join(packageFolder, "README.md"), "utf8");
const blocks = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].flatMap((match) => match[1] ?? []);

test("the ten lines greet", async () => {
  const { url, remove } = newStore("");
  onTestFinished(remove);
  // In the package's own folder, where its imports are found.
  const flags = ["-C", "@jobyard/source", "--input-type=module", "-e", blocks[0] ?? ""];
  const env = { ...process.env, REDIS_URL: url };
  const { stdout } = await promisify(execFile)(process.execPath, flags, { cwd: packageFolder, env });
  expect(stdout.trim()).toBe("Hello Ada");
});

test("there are no other examples", () => {
  expect(blocks).toHaveLength(1);
});

test("its options are those that there are, with their defaults", () => {
  const { target: _, place, ports, clock, ...options } = checkedOptions({ url: "redis://localhost" });
  expect([place, ports, clock]).not.toContain(undefined);
  const [, table = ""] = /^## Options of `redisAdapter`$(.*?)^## /ms.exec(readme) ?? [];
  const rows = [...table.matchAll(/^\| `(\w+)` +\| (\S.*?) +\|/gm)].map(([, name = "", value = ""]) => [
    name,
    JSON.parse(value.replaceAll("`", "")),
  ]);
  expect(Object.fromEntries(rows)).toEqual(options);
});

test("its URLs can be read, and each scheme is there", () => {
  const [, section = ""] = /^## URLs$(.*?)^## /ms.exec(readme) ?? [];
  const urls = [...section.matchAll(/`(rediss?(?:\+\w+)?:\/\/[^`]*)`/g)].map(([, url = ""]) => url);
  const schemes = ["redis", "rediss"].flatMap((one) => [one, `${one}+sentinel`, `${one}+cluster`]);
  expect(new Set(urls.map((url) => url.split(":")[0]))).toEqual(new Set(schemes));
  for (const url of urls.filter((one) => !one.endsWith("//"))) expect(checkedOptions({ url })).toBeDefined();
  const [, listed = ""] = /^Parameters are (.*?);/ms.exec(section) ?? [];
  const names = [...listed.matchAll(/`(\w+)`/g)].map(([, name = ""]) => name);
  // Those that there are stand in what is said of one that there is not.
  const known = `there are ${names.join(", ")}`;
  expect(() => parseRedisUrl("redis://localhost?none=1")).toThrow(known);
});

test("the versions are those that are tested", () => {
  expect(readme.replaceAll(/\s+/g, " ")).toContain(
    `Redis ${OLDEST_REDIS} and newer, and Valkey; BullMQ ${TESTED_BULLMQ}.`,
  );
});
