import { describe, expect, test } from "vitest";
import { matchesFilter } from "../../src/decisions/matches.ts";
import { requiredIds, requiredPhases, requiredQueues, requiredStates } from "../../src/decisions/narrow.ts";
import { parseQuery } from "../../src/decisions/query/parse.ts";
import type { Job } from "../../src/nouns/job.ts";
import { job, NOW } from "./jobs.ts";

const finds = (query: string, found: Job = job(), now = NOW): boolean =>
  matchesFilter(found, parseQuery(query, now), now);
const AHEAD = { state: "waiting", runAt: NOW + 1, startedAt: null, finishedAt: null } as const;

describe("terms about the job", () => {
  test.each([
    ["", true],
    ["state:dead", true],
    ["state:(stale OR dead)", true],
    ["-state:dead", false],
    ["state:dead queue:mail error:econnrefused payload.orderId:4711 created:<2h", true],
    ["state:dead queue:other", false],
    ["queue:mail", true],
    ["queue:Mail", false],
    ["queue:ma*", true],
    ["queue:mai", false],
    ["id:018f-Ab", true],
    ["id:018F-ab", false],
    ["id:018f*", true],
    ["name:EMAIL.SEND", true],
    ["name:email.*", true],
    ["name:email", false],
    ["-name:email", true],
    ["tag:eu", true],
    ["tag:import-*", true],
    ["tag:import", false],
    ["group:CUS_9f2", true],
    ["key:order-4711", true],
    ["worker:session-1", true],
    ["parent:p-1", true],
    ["parent:docs/p-1", true],
    ["parent:mail/p-1", false],
    ["op:op-1", true],
    ["error:ECONN", true],
    ["error:10.0.0.1", true],
    ["error:con*443", true],
    ["error:443*con", false],
    ["error:TIMEOUT", false],
    ["reason:user", false],
    ["-reason:user", true],
    ["priority:5", true],
    ["priority:>5", false],
    ["priority:>=5", true],
    ["priority:1..4", false],
    ["attempts>2", true],
    ["attempts:<3", false],
    ["version:2", true],
    ["wait:10m", true],
    ["wait:>10m", true],
    ["wait:<9m", false],
    ["run:10m..11m", true],
    ["run:>601s", false],
    ["created:<1h", true],
    ["created:<59m", false],
    ["created:>1h", true],
    ["created:2026-11-22", true],
    ["created:11:00", true],
    ["created:>11:00", false],
    ["created:10:00..11:00", true],
    ["finished:<30m", true],
    ["runat:>=2026-11-23", false],
    ["has:error", true],
    ["has:result", false],
    ["-has:progress", true],
    ["is:held", false],
    ["is:late", false],
    ["018F", true],
    ["18f", false],
    ["SEND", true],
    ["econnref", true],
    ["slow", false],
    ['"connect to"', true],
    ["-send", false],
  ])("%s: %s", (query, found) => expect(finds(query)).toBe(found));

  test("a job without the value matches no text, and its negation", () => {
    const bare = job({ errors: [], group: null, parent: null, dedupeKey: null, worker: null, tags: [] });
    for (const field of ["error", "group", "parent", "key", "worker", "tag"]) {
      expect(finds(`${field}:*`, bare)).toBe(false);
      expect(finds(`-${field}:*`, bare)).toBe(true);
    }
  });

  test("waiting is due; what is ahead is scheduled or retrying, until its time has come", () => {
    const scheduled = job({ ...AHEAD, attempt: 0 });
    const retrying = job({ ...AHEAD, attempt: 1 });
    expect(finds("state:scheduled", scheduled)).toBe(true);
    expect(finds("state:waiting", scheduled)).toBe(false);
    expect(finds("state:retrying", retrying)).toBe(true);
    expect(finds("state:waiting", retrying, NOW + 1)).toBe(true);
  });

  test("a due job is late after a minute", () => {
    const due = job({ state: "waiting", runAt: NOW, startedAt: null, finishedAt: null });
    expect(finds("is:late", due, NOW + 59_999)).toBe(false);
    expect(finds("is:late", due, NOW + 60_000)).toBe(true);
  });

  test("wait and run count up while the job waits and runs, and say nothing of an earlier round", () => {
    const back = job({ state: "waiting", runAt: NOW - 5_000, startedAt: NOW - 60_000, finishedAt: null, attempt: 1 });
    expect(finds("wait:5s", back)).toBe(true);
    expect(finds("run:..", back)).toBe(false);
    const active = job({ state: "active", runAt: NOW - 9_000, startedAt: NOW - 4_000, finishedAt: null });
    expect(finds("wait:5s run:4s", active)).toBe(true);
    const cancelledInBackoff = job({ state: "cancelled", runAt: NOW + 9_000, startedAt: NOW - 4_000, finishedAt: NOW });
    expect(finds("wait:..", cancelledInBackoff)).toBe(false);
    expect(finds("run:..", cancelledInBackoff)).toBe(false);
  });

  test("ages count ahead with a plus", () => {
    const soon = job({ ...AHEAD, runAt: NOW + 1_800_000 });
    expect(finds("runat:+1h", soon)).toBe(true);
    expect(finds("runat:>+1h", soon)).toBe(false);
    expect(finds("runat:<+1h", soon)).toBe(true);
    expect(finds("runat:+1h", job({ ...AHEAD, runAt: NOW - 1 }))).toBe(false);
  });
});

describe("values in payload and result", () => {
  const payload = `{ "orderId" : 9007199254740993, "paid":true, "note":null, "amount": 99.5, "empty":"",
    "customer":{"id":"c-1","na\\u006de":"Zoë \\"Z\\"","address.city":{"zip":"10115"}},
    "items":[{"sku":"A","n":1},{"sku":"B","n":20}], "tags":["red","Green"], "matrix":[[1,2],[3]],
    "text":"} ] , \\\\", "range":"1..5", "stars":"a*b" }`;

  test.each([
    ["payload.orderId:9007199254740993", true],
    ["payload.orderId:9007199254740992", false],
    ["payload.orderId:9007199254740*", true],
    ["payload.paid:true", true],
    ["payload.paid:false", false],
    ["payload.note:null", true],
    ['payload.empty:""', true],
    ["payload.amount:>99", true],
    ["payload.amount:>99.5", false],
    ["payload.amount:>=99.5", true],
    ["payload.amount:99..100", true],
    ["payload.amount:=99.5", true],
    ["payload.amount:..", true],
    ["payload.paid:..", false],
    ["payload.customer.id:C-1", true],
    ["payload.customer.id:>0", false],
    ['payload.customer.name:"zoë \\"z\\""', true],
    ["payload.customer.address.city.zip:10115", true],
    ["payload.items.sku:b", true],
    ["payload.items.0.sku:b", false],
    ["payload.items.1.sku:b", true],
    ["payload.items.n:>19", true],
    ["payload.items.2.sku:*", false],
    ["payload.tags:green", true],
    ["payload.tags.0:green", false],
    ["payload.matrix.0:2", true],
    ["payload.matrix.1:3", true],
    ["payload.text:*]*", true],
    ['payload.range:"1..5"', true],
    ["payload.range:1..5", false],
    ['payload.stars:"a*b"', true],
    ['payload.stars:"a*c"', false],
    ["payload.missing:*", false],
    ["-payload.missing:*", true],
    ["payload:*10115*", true],
    ["payload.customer:*zip*", true],
    ["result.ok:true", false],
  ])("%s: %s", (query, found) => expect(finds(query, job({ payload }))).toBe(found));

  test("a payload may be any value", () => {
    expect(finds("payload:4711", job({ payload: " 4711 " }))).toBe(true);
    expect(finds("payload:ok", job({ payload: '["no","ok"]' }))).toBe(true);
    expect(finds("result.ok:true", job({ result: '{"ok":true}' }))).toBe(true);
  });

  test("a deep payload and a long path are one pass, without recursion into the payload", () => {
    const depth = 200_000;
    const deep = `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;
    expect(finds(`payload.${"a.".repeat(500)}b:1`, job({ payload: deep }))).toBe(false);
    expect(finds("payload.a:*", job({ payload: `${"[".repeat(depth)}${"]".repeat(depth)}` }))).toBe(false);
  });

  test("a hostile glob on a large text takes linear time", () => {
    const big = JSON.stringify({ text: "a".repeat(1_000_000) });
    const before = process.cpuUsage();
    for (const query of [
      `payload.text:${"*a".repeat(900)}*b`,
      `payload.text:*${"a".repeat(1_500)}b*`,
      `payload.text:*b${"a".repeat(1_500)}*`,
    ])
      expect(finds(query, job({ payload: big }))).toBe(false);
    // What it costs, not how long that takes beside others. A regular expression of the first would cost hours.
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1_000).toBeLessThan(2_000);
  });
});

describe("what a store may narrow by", () => {
  const filter = (query: string) => parseQuery(query, NOW);

  test.each([
    ["", null],
    ["queue:mail", null],
    ["state:dead", ["dead"]],
    ["state:(dead OR scheduled OR waiting)", ["waiting", "dead"]],
    ["state:(dead OR stale) -state:dead", ["stale"]],
    ["-state:waiting", null],
    ["-state:(waiting OR scheduled OR retrying)", ["blocked", "active", "stale", "completed", "dead", "cancelled"]],
    ["state:dead state:stale", []],
  ])("states of %s", (query, states) => expect(requiredStates(filter(query))).toEqual(states));

  test("phases keep what states lose", () => {
    expect(requiredPhases(filter("state:(retrying OR scheduled)"))).toEqual(["scheduled", "retrying"]);
    expect(requiredPhases(filter("name:x"))).toBeNull();
  });

  test.each([
    ["queue:mail", ["mail"]],
    ["queue:(mail OR docs)", ["mail", "docs"]],
    ["queue:(mail OR docs) queue:docs", ["docs"]],
    ["queue:mail queue:docs", []],
    ["queue:mail queue:d*", ["mail"]],
    ["queue:(mail OR d*)", null],
    ["-queue:mail", null],
  ])("queues of %s", (query, queues) => expect(requiredQueues(filter(query))).toEqual(queues));

  test("ids", () => {
    expect(requiredIds(filter("id:(a OR b) state:dead"))).toEqual(["a", "b"]);
    expect(requiredIds(filter("id:a*"))).toBeNull();
  });
});
