import { describe, expect, test } from "vitest";
import { printableUrl, schemeOf } from "../src/url.ts";

describe("a URL in messages", () => {
  test.each([
    ["postgres://ada:secret@db.example:5432/jobs?password=secret", "postgres://***@db.example:5432/jobs"],
    ["redis://:secret@localhost:6379/0", "redis://***@localhost:6379/0"],
    ["redis://user:p@ss@word@localhost", "redis://***@localhost"],
    ["rediss://:secret@localhost?prefix=jobs&ca=./ca.pem", "rediss://***@localhost"],
    ["redis+sentinel://:secret@a,b:26380/main/0?sentinelPassword=secret", "redis+sentinel://***@a,b:26380/main/0"],
    ["redis+sentinel://a,b/main?sentinelPassword=se@cret", "redis+sentinel://***"],
    ["rediss+cluster://ada:secret@[::1]:7000,b?prefix={bull}", "rediss+cluster://***@[::1]:7000,b"],
    ["postgres://ada:sec?ret@db.example/jobs", "postgres://***"],
    ["postgres://ada:sec#ret@db.example/jobs", "postgres://***"],
    ["postgres://localhost/jobs?password=se@cret", "postgres://***"],
    ["rediss://localhost/#secret", "rediss://localhost/"],
    ["secret@host", "***@host"],
    ["sqlite:./data/jobs@home.db?durability=crash", "sqlite:./data/jobs@home.db"],
  ])("%s is shown as %s", (url, shown) => expect(printableUrl(url)).toBe(shown));
});

test("a scheme is what stands before the first colon", () => {
  expect(schemeOf("SQLite:x")).toBe("sqlite");
  expect(schemeOf("REDISS+Cluster://x")).toBe("rediss+cluster");
  expect(schemeOf("./jobs.db")).toBeNull();
  expect(schemeOf("")).toBeNull();
});
