/** Sizes, as people write them. */

import { describe, expect, test } from "vitest";
import { bytesText, printSize, sizeBytes } from "../../src/nouns/size.ts";

describe("a size", () => {
  test.each([
    [0, 0],
    [1_000, 1_000],
    ["1b", 1],
    ["512kb", 524_288],
    ["500mb", 524_288_000],
    ["1.5gb", 1_610_612_736],
    ["2GB", 2_147_483_648],
  ])("%s is %d bytes", (given, bytes) => {
    expect(sizeBytes(given, "bytes")).toBe(bytes);
  });

  test.each([["500 megs"], ["-1b"], ["1"], [""], [-1], [Number.NaN], [Number.POSITIVE_INFINITY], ["9e9gb"]])(
    "%s is none, and the field is named",
    (given) => {
      expect(() => sizeBytes(given, "retention.dead.bytes")).toThrow(
        expect.objectContaining({ code: "BAD_OPTION", field: "retention.dead.bytes" }),
      );
    },
  );

  test.each([
    [0, "0b"],
    [1_500, "1500b"],
    [524_288, "512kb"],
    [524_288_000, "500mb"],
    [2_147_483_648, "2gb"],
  ])("%d is printed as %s", (bytes, text) => {
    expect(printSize(bytes)).toBe(text);
  });

  test.each([
    [0, "0 bytes"],
    [1_536, "1.5 KiB"],
    [16_777_216, "16 MiB"],
    [1_073_741_824, "1.0 GiB"],
  ])("%d bytes are roughly %s", (bytes, text) => {
    expect(bytesText(bytes)).toBe(text);
  });
});
