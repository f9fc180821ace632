/** Words and numbers as a terminal shows them. What comes from jobs is hostile text: no control character gets through. */

/** One line: line breaks and tabs become spaces, everything else that a terminal would obey becomes visible. */
export const oneLine = (text: string): string =>
  text.replaceAll(/\s+/gu, " ").replaceAll(/[\p{Cc}\p{Cf}]/gu, (sign) => {
    const code = sign.codePointAt(0) ?? 0;
    return `\\u${code.toString(16).padStart(4, "0")}`;
  });

/** As {@link oneLine}, but line breaks stay: for stacks. */
export const manyLines = (text: string): string => text.split(/\r?\n/).map(oneLineKeepingIndent).join("\n");

const oneLineKeepingIndent = (line: string): string => (/^ */.exec(line)?.[0] ?? "") + oneLine(line.trimStart());

/** Columns that a terminal needs for the text: none for a combining mark, two for a wide sign. */
export const widthOf = (text: string): number =>
  [...text].reduce((width, sign) => width + (/\p{M}/u.test(sign) ? 0 : WIDE.test(sign) ? 2 : 1), 0);

const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;

/** At most `columns` wide, the end marked by "…". */
export function cut(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  let kept = "";
  for (const sign of text) {
    if (widthOf(kept + sign) > columns - 1) break;
    kept += sign;
  }
  return `${kept}…`;
}

const UNITS = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
] as const;

/** The two largest units: `2h 5m`, `12s`, `850ms`. */
export function span(ms: number): string {
  const rounded = Math.round(ms);
  const first = UNITS.findIndex(([, size]) => rounded >= size);
  if (first === -1) return `${rounded}ms`;
  const parts: string[] = [];
  let rest = rounded;
  for (const [unit, size] of UNITS.slice(first, first + 2)) {
    const n = Math.floor(rest / size);
    rest -= n * size;
    if (n > 0) parts.push(`${n}${unit}`);
  }
  return parts.join(" ");
}

/** `3m 5s ago`, `in 2h`, `now`. */
export function relative(at: number, now: number): string {
  const ms = at - now;
  if (Math.abs(ms) < 1_000) return "now";
  return ms > 0 ? `in ${span(ms)}` : `${span(-ms)} ago`;
}

/** The instant and how far away it is; `–` for none. */
export const instant = (at: number | null, now: number): string =>
  at === null ? "–" : `${new Date(at).toISOString()} (${relative(at, now)})`;

/** `1 job`, `2 jobs`. */
export const plural = (n: number, word: string): string => `${n.toLocaleString("en")} ${word}${n === 1 ? "" : "s"}`;

/** `10,000+` if the count stopped at its cap. */
export const countText = ({ n, exact }: { readonly n: number; readonly exact: boolean }): string =>
  `${n.toLocaleString("en")}${exact ? "" : "+"}`;
