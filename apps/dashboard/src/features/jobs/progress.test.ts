import { expect, test } from "vitest";
import { shareOf } from "./progress";

test.each([
  ['{"done":3,"total":10}', 0.3],
  ['{"done":30,"total":10}', 1],
  ['{"percent":45}', 0.45],
  ["45", 0.45],
  ['{"done":3,"total":0}', null],
  ['{"page":3}', null],
  ['"half"', null],
  ["null", null],
  ["[1]", null],
])("%s is %s", (text, share) => expect(shareOf(text)).toBe(share));
