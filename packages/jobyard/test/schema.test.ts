import { expect, test } from "vitest";
import { schemaProblem } from "../src/schema.ts";

test("an old schema names the versions and the command", () => {
  expect(schemaProblem({ state: "old", current: 1, wanted: 2 })).toMatchObject({
    code: "SCHEMA_TOO_OLD",
    message: expect.stringMatching(/^version 1, needed 2: npx jobyard migrate\. /),
  });
});

test("a schema that is ready is no problem", () => {
  expect(schemaProblem({ state: "ready", current: 2, wanted: 2 })).toBeNull();
});
