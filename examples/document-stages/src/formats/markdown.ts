/** Markdown: headings make sections, markup falls away, front matter becomes facts. */

import { Marked, type Token, type Tokens } from "marked";
import { decodeText } from "../text/decode.ts";
import { oneLine } from "../text/reflow.ts";
import { type Extracted, type Reader, SectionBuilder, titleFromName } from "./extracted.ts";

const markdown = new Marked();

export const readMarkdown: Reader = (bytes, name): Extracted => {
  const { facts, body } = frontMatter(decodeText(bytes, name));
  const tokens = markdown.lexer(body);
  const builder = new SectionBuilder();
  for (const token of tokens) {
    if (token.type === "heading") builder.heading(oneLine(inline(token)));
    else builder.paragraph(block(token));
  }
  const heading = tokens.find((token) => token.type === "heading");
  return {
    title: facts["title"] ?? (heading ? oneLine(inline(heading)) : titleFromName(name)),
    sections: builder.done(),
    pages: null,
    facts,
  };
};

/** `key: value` lines between two lines of three dashes at the very start. Anything deeper is not read. */
function frontMatter(text: string): { readonly facts: Record<string, string>; readonly body: string } {
  const match = /^---\r?\n([\s\S]*?)\r?\n---\r?\n/.exec(text);
  if (!match) return { facts: {}, body: text };
  const lines = (match[1] as string).split(/\r?\n/);
  const pairs = lines.map((line) => /^([\w-]+):\s*(.+)$/.exec(line)).filter((pair) => pair !== null);
  return {
    facts: Object.fromEntries(pairs.map((pair) => [pair[1] as string, (pair[2] as string).trim()])),
    body: text.slice(match[0].length),
  };
}

/** Readable text of a block; its parts on their own lines. */
function block(token: Token): string {
  switch (token.type) {
    case "space":
    case "hr":
    case "html":
    case "def":
      return "";
    case "list":
      return (token as Tokens.List).items.map((item) => item.tokens.map(block).filter(Boolean).join("\n")).join("\n");
    case "blockquote":
      return (token as Tokens.Blockquote).tokens.map(block).filter(Boolean).join("\n");
    case "table":
      return tableText(token as Tokens.Table);
    case "code":
      return (token as Tokens.Code).text;
    default:
      return oneLine(inline(token));
  }
}

const tableText = (table: Tokens.Table): string =>
  [table.header, ...table.rows].map((row) => row.map((cell) => oneLine(inline(cell))).join(", ")).join("\n");

/** The words of a token without its markup: `**so**` is "so", a link is its text, an image its description. */
function inline(token: { readonly type?: string; readonly tokens?: Token[]; readonly text?: string }): string {
  if (token.type === "br") return " ";
  if (token.tokens && token.tokens.length > 0) return token.tokens.map(inline).join("");
  return unescapeHtml(token.text ?? "");
}

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" };

/** The lexer hands out some text with the five entities of HTML. */
const unescapeHtml = (text: string): string =>
  text.replace(/&(amp|lt|gt|quot|#39);/g, (_match, name: string) => ENTITIES[name] as string);
