import { expect, test } from "vitest";
import { jobLink, safeNext } from "./links";

test.each([
  ["/jobs?q=state:dead%20queue:mail#top", "/jobs?q=state:dead%20queue:mail#top"],
  ["/queues/main/a%2Fb", "/queues/main/a%2Fb"],
  [undefined, "/"],
  ["", "/"],
])("the way back of %j is %j", (next, path) => expect(safeNext(next)).toBe(path));

test.each([
  "//evil.example",
  "/\t/evil.example",
  "/\n/evil.example",
  "\t//evil.example",
  "/\\evil.example",
  "\\\\evil.example",
  "/.//evil.example",
  "/a/../..//evil.example",
  "https://evil.example",
  "https:evil.example",
  "javascript:alert(1)",
  "http://[",
])("%j leads nowhere else", (next) => {
  const path = safeNext(next);
  expect(new URL(path, "https://jobs.example").host).toBe("jobs.example");
  expect(path).toMatch(/^\/(?!\/)/);
});

test("names are escaped, so that they cannot become other parts of the address", () => {
  expect(jobLink("main", { queue: "a/b?c#d", id: "50%" })).toBe("/jobs/main/a%2Fb%3Fc%23d/50%25");
});
