/** The text of a page, and the code in it. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";

export const DOCS: string = join(import.meta.dirname, "../../../docs");

/** @param name - below `docs`, with its ending */
export const readPage = (name: string): Promise<string> => readFile(join(DOCS, name), "utf8");

/** The text under a heading, up to the next of its kind or of a higher one. */
export function sectionOf(page: string, heading: string): string {
  const [, level = "##"] = new RegExp(`^(#+) ${heading}$`, "m").exec(page) ?? [];
  const ends = `^#{1,${level.length}} `;
  return new RegExp(`^#+ ${heading}$(.*?)(?=${ends})`, "ms").exec(`${page}\n# `)?.[1] ?? "";
}

/** Code of one language under a heading. */
export const codeUnder = (page: string, heading: string, language: string): readonly string[] =>
  [...sectionOf(page, heading).matchAll(new RegExp(`^\`\`\`${language}$(.*?)^\`\`\`$`, "gms"))].map(
    ([, text = ""]) => text,
  );

/** A file's name, and what is in it. */
export type Script = readonly [name: string, code: string];

/** The page's programs: what begins with a comment that says its name. */
export const scriptsOf = (page: string): readonly Script[] =>
  [...page.matchAll(/^```js\n\/\/ (\S+)\n(.*?)^```$/gms)].map(([, name = "", code = ""]) => [name, code] as const);
