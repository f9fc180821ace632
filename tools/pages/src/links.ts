/** Links to files and headings that are there. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { DOCS, readPage } from "./page.ts";

/** A test for each link of a page that leads to another file or to a heading. */
export function describeLinks(page: string): void {
  describe("what it points to", () => {
    const links = [...page.matchAll(/\]\((?!https?:)([^)#\s]*)(#[^)\s]+)?\)/g)];
    test.each(links.map(([, path = "", anchor = ""]) => [path, anchor]))("%s%s is there", async (path, anchor) => {
      expect(path === "" || existsSync(join(DOCS, path))).toBe(true);
      if (anchor === "") return;
      expect(anchorsOf(path === "" ? page : await readPage(path))).toContain(anchor.slice(1));
    });
  });
}

/** As GitHub makes them. */
const anchorsOf = (page: string): readonly string[] =>
  [...page.matchAll(/^#+ (.*)$/gm)].map(([, text = ""]) =>
    text
      .toLowerCase()
      .replaceAll(/[^\w\s-]/g, "")
      .replaceAll(" ", "-"),
  );
