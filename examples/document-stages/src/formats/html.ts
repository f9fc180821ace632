/** HTML to readable text, by a parser that follows the standard: what a reader sees, without menus and scripts. */

import { type DefaultTreeAdapterTypes, parse } from "parse5";
import { decodeText } from "../text/decode.ts";
import { oneLine } from "../text/reflow.ts";
import { type Extracted, type Reader, SectionBuilder, titleFromName } from "./extracted.ts";

type Node = DefaultTreeAdapterTypes.ChildNode;
type Element = DefaultTreeAdapterTypes.Element;

const UNREAD = new Set(
  "script style template noscript nav footer aside head svg iframe object form button select".split(" "),
);
const HEADINGS = new Set(["h1", "h2", "h3", "h4", "h5", "h6"]);
/** Elements that begin a new paragraph. The rest is inline. */
const BLOCKS = new Set(
  "address article blockquote body dd details div dl dt figcaption figure header hr li main ol p pre section table tbody tfoot thead tr ul".split(
    " ",
  ),
);

export const readHtml: Reader = (bytes, name): Extracted => {
  const document = parse(decodeText(bytes, name));
  const all = elements(document.childNodes);
  const root = all.find((element) => element.tagName === "main" || element.tagName === "article");
  const sections = sectionsOf(root ? root.childNodes : document.childNodes);
  const title = all.find((element) => element.tagName === "title");
  const facts = Object.fromEntries(all.filter((element) => element.tagName === "meta").flatMap(metaFact));
  return {
    title: (title && oneLine(rawText(title))) || (sections[0]?.heading ?? titleFromName(name)),
    sections,
    pages: null,
    facts,
  };
};

function sectionsOf(nodes: readonly Node[]): Extracted["sections"] {
  const builder = new SectionBuilder();
  let line = "";
  const flush = (): void => {
    builder.paragraph(oneLine(line));
    line = "";
  };
  const visit = (node: Node): void => {
    if ("value" in node) line += node.value;
    if (!("tagName" in node) || UNREAD.has(node.tagName)) return;
    if (HEADINGS.has(node.tagName)) {
      flush();
      builder.heading(oneLine(rawText(node)));
      return;
    }
    const isBlock = BLOCKS.has(node.tagName);
    if (isBlock) flush();
    if (node.tagName === "br" || node.tagName === "td" || node.tagName === "th") line += " ";
    for (const child of node.childNodes) visit(child);
    if (isBlock) flush();
  };
  for (const node of nodes) visit(node);
  flush();
  return builder.done();
}

function elements(nodes: readonly Node[]): readonly Element[] {
  return nodes.flatMap((node) => ("tagName" in node ? [node, ...elements(node.childNodes)] : []));
}

const rawText = (element: Element): string =>
  element.childNodes.map((node) => ("value" in node ? node.value : "tagName" in node ? rawText(node) : "")).join("");

/** `<meta name="author" content="…">` as a fact. */
function metaFact(element: Element): [string, string][] {
  const read = (name: string): string | undefined => element.attrs.find((attribute) => attribute.name === name)?.value;
  const [key, value] = [read("name"), read("content")];
  return key && value && ["author", "description", "keywords"].includes(key) ? [[key, oneLine(value)]] : [];
}
