/** Plain text and notes: paragraphs, and the first line as the title. */

import { decodeText } from "../text/decode.ts";
import { reflow } from "../text/reflow.ts";
import { type Extracted, type Reader, titleFromName } from "./extracted.ts";

/** Longer first lines are sentences, not titles. */
const LONGEST_TITLE = 80;

export const readPlain: Reader = (bytes, name): Extracted => {
  const text = reflow(decodeText(bytes, name));
  const firstLine = text.split("\n", 1)[0] as string;
  const titled = firstLine !== "" && firstLine.length <= LONGEST_TITLE;
  return {
    title: titled ? firstLine : titleFromName(name),
    sections: text === "" ? [] : [{ heading: null, text }],
    pages: null,
    facts: {},
  };
};
