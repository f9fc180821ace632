import { expect, test } from "vitest";
import { isLocal } from "./context";

const HERE = { "x-jobyard-peer": "127.0.0.1", host: "localhost:3000" };
const local = (headers: Record<string, string>): boolean => isLocal(new Headers(headers), false);

test.each([
  ["this machine", HERE],
  ["over IPv6", { "x-jobyard-peer": "::1", host: "[::1]:3000" }],
  ["IPv4 over an IPv6 socket", { ...HERE, "x-jobyard-peer": "::ffff:127.0.0.1" }],
  ["as Next forwards it to itself", { ...HERE, "x-forwarded-for": "::ffff:127.0.0.1" }],
])("open to: %s", (_what, headers) => expect(local(headers)).toBe(true));

test.each([
  ["another machine", { ...HERE, "x-jobyard-peer": "10.0.0.7" }],
  ["a name that was pointed here", { ...HERE, host: "evil.example" }],
  ["a name that only begins so", { ...HERE, host: "localhost.evil.example" }],
  ["a proxy on this machine that serves others", { ...HERE, "x-forwarded-for": "203.0.113.9" }],
  ["one that adds to what its client claimed", { ...HERE, "x-forwarded-for": "127.0.0.1, 203.0.113.9" }],
  ["no address at all", { host: "localhost" }],
])("closed to: %s", (_what, headers) => expect(local(headers)).toBe(false));
