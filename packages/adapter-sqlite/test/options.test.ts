/** What can be set, and how a URL says it. */

import { join } from "node:path";
import { systemPorts } from "@jobyard/core/adapter";
import { newJob } from "@jobyard/core/testing";
import { describe, expect, test } from "vitest";
import * as entry from "../src/index.ts";
import { parseSqliteUrl, sqliteAdapter } from "../src/index.ts";
import { Store } from "../src/store.ts";
import { folder } from "./bench.ts";

test("the package exports what it says and nothing else", () => {
  expect(Object.keys(entry).sort()).toEqual(["SCHEMA_VERSION", "examineUnopened", "parseSqliteUrl", "sqliteAdapter"]);
});

test.each([
  ["power", 2],
  ["crash", 1],
] as const)("durability %s sets SQLite's synchronous to %i, on a write-ahead log", async (durability, synchronous) => {
  const file = join(await folder(), "jobs.db");
  const as = { checkpoints: "own", network: "refuse", ports: systemPorts } as const;
  const store = new Store({ file, durability, busyTimeoutMs: 1, create: true, ...as });
  const settings = await store.read(({ db }) =>
    ["synchronous", "journal_mode", "cache_size"].map((name) => db.pragma(name)),
  );
  expect(settings).toEqual([synchronous, "wal", -65_536]);
  await store.close();
  const adapter = sqliteAdapter({ file, durability });
  expect(adapter.capabilities).toEqual({ transactions: true, durability, coworkers: "none" });
  await adapter.close();
});

test("a store in memory works, and promises nothing", async () => {
  const adapter = sqliteAdapter({ file: ":memory:" });
  await adapter.writer.enqueue([newJob("a")]);
  expect(await adapter.reader.count([], 10)).toEqual({ n: 1, exact: true });
  expect(adapter.capabilities.durability).toBe("none");
  await adapter.close();
});

describe("URLs", () => {
  test.each([
    ["sqlite:./jobs.db", { file: "./jobs.db" }],
    ["sqlite:jobs.db", { file: "jobs.db" }],
    ["sqlite:///var/lib/jobs.db", { file: "/var/lib/jobs.db" }],
    ["sqlite:/var/lib/jobs.db", { file: "/var/lib/jobs.db" }],
    ["sqlite::memory:", { file: ":memory:" }],
    ["sqlite:./a%20b%3f.db?durability=crash", { file: "./a b?.db", durability: "crash" }],
    ["SQLITE:x?durability=power", { file: "x", durability: "power" }],
    ["sqlite:x?checkpoints=external", { file: "x", checkpoints: "external" }],
    ["sqlite:x?network=allow&durability=crash", { file: "x", network: "allow", durability: "crash" }],
  ])("%s", (url, options) => {
    expect(parseSqliteUrl(url)).toEqual(options);
  });

  test.each([
    ["postgres://localhost/jobs", /names no file/],
    ["sqlite:", /names no file/],
    ["sqlite://host/jobs.db", /names no file/],
    ["sqlite:./x.db?speed=11", /no parameter speed/],
    ["sqlite:./x.db?durability=maybe", /power or crash/],
    ["sqlite:./x.db?checkpoints=never", /own or external/],
    ["sqlite:./x.db?network=yes", /refuse or allow/],
    ["sqlite:./100%.db", /%25/],
    ["./jobs.db", /names no file/],
  ])("%s is refused", (url, words) => {
    expect(() => parseSqliteUrl(url)).toThrow(words);
    expect(() => parseSqliteUrl(url)).toThrow(expect.objectContaining({ code: "BAD_URL" }));
  });
});
