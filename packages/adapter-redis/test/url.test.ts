/** What a URL may say. */

import { describe, expect, test } from "vitest";
import { checkedOptions } from "../src/options.ts";
import { placeOf } from "../src/target.ts";
import { nodeFrom, parseRedisUrl, readPlace } from "../src/url.ts";

const PLACE = "redis://ada:secr3t@db.example:6380/3";

describe("a URL of one server", () => {
  test.each([
    ["redis://db.example", { node: { host: "db.example", port: 6_379 }, db: 0, tls: false }],
    ["redis://db.example/", { node: { host: "db.example", port: 6_379 }, db: 0 }],
    ["REDIS://127.0.0.1:7000/15", { node: { host: "127.0.0.1", port: 7_000 }, db: 15 }],
    ["redis://[::1]:7000/1", { node: { host: "::1", port: 7_000 }, db: 1 }],
    ["rediss://:p%40ss%2F%3F@db.example:6380/0", { tls: true, password: "p@ss/?", db: 0 }],
    ["redis://:p@ss:word@db.example", { password: "p@ss:word", node: { host: "db.example", port: 6_379 } }],
    ["redis://ada:@db.example", { username: "ada", password: "" }],
    [PLACE, { username: "ada", password: "secr3t", db: 3 }],
  ])("%s", (url, told) => {
    expect(readPlace(url)).toMatchObject({ kind: "server", ...told });
  });

  test("without a user has none, and with a password of no characters neither", () => {
    expect(readPlace("redis://:@db.example")).not.toHaveProperty("password");
    expect(readPlace("redis://:secr3t@db.example")).not.toHaveProperty("username");
  });
});

describe("a URL of sentinels or of a cluster", () => {
  test("names several nodes", () => {
    expect(readPlace("redis+sentinel://:secr3t@one:26380,two/mymaster/2")).toEqual({
      ...{ kind: "sentinels", name: "mymaster", db: 2, tls: false, family: 0, password: "secr3t", sentinel: {} },
      nodes: [
        { host: "one", port: 26_380 },
        { host: "two", port: 26_379 },
      ],
    });
    expect(readPlace("redis+sentinel://one/my%20master")).toMatchObject({ name: "my master", db: 0 });
    expect(readPlace("rediss+cluster://one:7000,[::1],three:7002")).toMatchObject({
      ...{ kind: "cluster", tls: true },
      nodes: [
        { host: "one", port: 7_000 },
        { host: "::1", port: 6_379 },
        { host: "three", port: 7_002 },
      ],
    });
  });

  test("asks for a hash tag on a cluster, and says how to write it", () => {
    const url = "redis+cluster://one:7000";
    expect(() => checkedOptions({ url })).toThrow(
      expect.objectContaining({
        code: "BAD_OPTION",
        field: "prefix",
        message: expect.stringContaining("write {bull}"),
      }),
    );
    expect(checkedOptions({ url: `${url}?prefix={bull}` }).prefix).toBe("{bull}");
    expect(checkedOptions({ url: `${url}?prefix=shop%3A%7Bjobs%7D` }).prefix).toBe("shop:{jobs}");
  });

  test("is told in messages without its user and password", () => {
    expect(placeOf(readPlace(PLACE))).toBe("db.example:6380/3");
    expect(placeOf(readPlace("redis://:secr3t@[::1]"))).toBe("[::1]:6379/0");
    expect(placeOf(readPlace("redis+sentinel://:secr3t@one,two/mymaster"))).toBe("mymaster of one:26379,two:26379/0");
    expect(placeOf(readPlace("redis+cluster://:secr3t@one,two:7000"))).toBe("one:6379,two:7000");
  });
});

test("parameters are options", () => {
  expect(
    parseRedisUrl(`${PLACE}?prefix=jobs&fleet=mixed-v5&durability=power&callTimeoutMs=5000&family=6&ca=/etc/ca.pem`),
  ).toEqual({
    ...{ url: PLACE, prefix: "jobs", fleet: "mixed-v5", durability: "power" },
    ...{ callTimeoutMs: 5_000, family: 6, ca: "/etc/ca.pem" },
  });
  expect(checkedOptions({ url: `${PLACE}?prefix=a&callTimeoutMs=500`, prefix: "b" })).toMatchObject({
    ...{ prefix: "b", callTimeoutMs: 500, place: "db.example:6380/3" },
  });
});

describe("is refused, and not repeated:", () => {
  test.each([
    ["redis:", "it has to be redis://"],
    ["redis://", "it has to be redis://"],
    ["redis:///0", "it has to be redis://"],
    ["http://db/0", "it has to be redis://"],
    ["redis+tls://db/0", "it has to be redis://"],
    ["redis://secr3t@db/0", "with a colon before it"],
    ["redis://:secr3t@db:port/0", "it has to be redis://"],
    ["redis://:secr3t@db:99999/0", "it has to be redis://"],
    ["redis://:secr3t@db/jobs", "number of the database"],
    ["redis://:secr3t@db/-1", "number of the database"],
    ["redis://:secr3t@db/0/1", "number of the database"],
    ["redis://:sec/r3t@db/0", "it has to be redis://"],
    ["redis://:se#cr3t@db/0", "it has to be redis://"],
    ["redis://:se?cr3t@db/0", "? as %3F"],
    ["redis://ada:1?cr3t@db/0", "? as %3F"],
    ["redis://:secr3t%zz@db/0", "% itself is %25"],
    ["redis://:secr3t@one,two/0", "several hosts"],
    ["redis+sentinel://:secr3t@one,two", "what they call the primary"],
    ["redis+sentinel://:secr3t@one/mymaster/x", "what they call the primary"],
    ["redis+cluster://:secr3t@one,two/1", "database 0 only"],
    [`${PLACE}?shop=1`, 'no parameter "shop"'],
    [`${PLACE}?Prefix=1`, "there are prefix, fleet"],
    [`${PLACE}?fleet=v5`, "fleet is own or v6 or mixed-v5"],
    [`${PLACE}?durability=disk`, "durability is none or crash or power"],
    [`${PLACE}?callTimeoutMs=soon`, "callTimeoutMs is a whole number"],
    [`${PLACE}?family=ipv6`, "family is 0 or 4 or 6"],
  ])("%s", (url, told) => {
    const parse = (): unknown => parseRedisUrl(url);
    expect(parse).toThrow(expect.objectContaining({ code: "BAD_URL", field: "url" }));
    expect(parse).toThrow(told);
    for (const part of ["secr3t", "cr3t", "r3t", "ada"]) expect(parse).not.toThrow(part);
  });
});

test("a node is a host and perhaps a port", () => {
  expect(nodeFrom("db-1.example", 1)).toEqual({ host: "db-1.example", port: 1 });
  expect(nodeFrom("[fe80::1%eth0]:7", 1)).toEqual({ host: "fe80::1%eth0", port: 7 });
  for (const text of ["", ":7", "a:0", "a:65536", "a:b", "::1", "a b", "a,b", "a@b", "[a:b"])
    expect(nodeFrom(text, 1)).toBeNull();
});
