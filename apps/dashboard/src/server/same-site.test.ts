import { expect, test } from "vitest";
import { crossSiteFault } from "./same-site";

const JSON_TYPE = { "content-type": "application/json" };
const post = (headers: Record<string, string>, origin: string | null = null): string | null =>
  crossSiteFault(
    new Request("http://jobs.local/api/trpc/x", { method: "POST", headers: { host: "jobs.local", ...headers } }),
    origin,
  );
const get = (headers: Record<string, string>): string | null =>
  crossSiteFault(new Request("http://jobs.local/api/trpc/x", { headers }), null);

test.each([
  ["a page of ours, on https or loopback", { ...JSON_TYPE, "sec-fetch-site": "same-origin" }],
  ["a page of ours, on plain http", { ...JSON_TYPE, origin: "http://jobs.local" }],
  ["with a charset", { "content-type": "application/json; charset=utf-8", origin: "http://jobs.local" }],
])("passes: %s", (_what, headers) => expect(post(headers)).toBeNull());

test.each([
  ["a form", { "content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin" }],
  ["JSON in a form's clothes", { "content-type": "text/plain", "sec-fetch-site": "same-origin" }],
  ["no content type", { "sec-fetch-site": "same-origin" }],
  ["another site", { ...JSON_TYPE, "sec-fetch-site": "cross-site" }],
  ["a sister host", { ...JSON_TYPE, "sec-fetch-site": "same-site" }],
  ["another origin", { ...JSON_TYPE, origin: "http://evil.example" }],
  ["another port", { ...JSON_TYPE, origin: "http://jobs.local:81" }],
  ["an opaque origin", { ...JSON_TYPE, origin: "null" }],
  ["no origin and no metadata", { ...JSON_TYPE }],
])("refused: %s", (_what, headers) => expect(post(headers)).not.toBeNull());

test("a configured origin is the only one, whatever the Host says", () => {
  const origin = "https://jobs.example.com";
  expect(post({ ...JSON_TYPE, "sec-fetch-site": "same-origin", origin }, origin)).toBeNull();
  expect(post({ ...JSON_TYPE, "sec-fetch-site": "same-origin", origin: "http://jobs.local" }, origin)).not.toBeNull();
});

test("reading from another site is refused, an address that was typed is not", () => {
  expect(get({ "sec-fetch-site": "cross-site" })).not.toBeNull();
  expect(get({ "sec-fetch-site": "none" })).toBeNull();
  expect(get({})).toBeNull();
  expect(crossSiteFault(new Request("http://jobs.local/", { method: "PUT" }), null)).not.toBeNull();
});
