/** Lines of a page back to paragraphs. */

/** A line shorter than this share of the longest one ends its paragraph: the typesetter had room left. */
const FULL_LINE = 0.6;

/**
 * Joins the lines of one page, letter or note to paragraphs, separated by an empty line. A paragraph ends at an empty
 * line and after a line that was left short; a word divided at the end of a line is put together again.
 */
export function reflow(text: string): string {
  const lines = text.split(/\r\n?|\n/).map((line) => line.trim());
  const longest = Math.max(...lines.map((line) => line.length));
  const paragraphs: string[] = [];
  let open = false;
  for (const line of lines) {
    if (line === "") open = false;
    else {
      if (open) paragraphs.push(join(paragraphs.pop() as string, line));
      else paragraphs.push(line);
      open = line.length >= longest * FULL_LINE;
    }
  }
  return paragraphs.join("\n\n");
}

const join = (start: string, line: string): string =>
  /\p{Ll}-$/u.test(start) && /^\p{Ll}/u.test(line) ? start.slice(0, -1) + line : `${start} ${line}`;

/** One line, without white space at its ends or doubled in it. */
export const oneLine = (text: string): string => text.replace(/\s+/g, " ").trim();
