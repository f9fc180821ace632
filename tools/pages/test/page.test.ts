/** What is taken from a page: sections to their ends, code by its language, programs by their names. */

import { expect, test } from "vitest";
import { codeUnder, scriptsOf, sectionOf } from "../src/index.ts";

const PAGE = `# Page

## First

\`\`\`sh
one
\`\`\`

### Within

\`\`\`sh
two
\`\`\`

\`\`\`js
// program.mjs
run();
\`\`\`

### Beside

beside

## Last

\`\`\`js
unnamed();
\`\`\`
`;

test("a section goes to the next heading that is not below its own, or to the end of the page", () => {
  expect(codeUnder(PAGE, "First", "sh")).toEqual(["\none\n", "\ntwo\n"]);
  expect(codeUnder(PAGE, "Within", "sh")).toEqual(["\ntwo\n"]);
  expect(sectionOf(PAGE, "Beside").trim()).toBe("beside");
  expect(codeUnder(PAGE, "Last", "js")).toEqual(["\nunnamed();\n"]);
  expect(sectionOf(PAGE, "Nowhere")).toBe("");
});

test("programs are what says its name", () => {
  expect(scriptsOf(PAGE)).toEqual([["program.mjs", "run();\n"]]);
});
