/** Aligned columns. The text of a cell is made safe and cut here, so no command has to think of it. */

import { cut, oneLine, widthOf } from "./text.ts";

export interface Column<T> {
  readonly title: string;
  readonly cell: (row: T) => string;
  readonly align?: "right";
  /** Applied after the text was measured. */
  readonly paint?: (text: string, row: T) => string;
}

const GAP = "  ";
/** The last column is never cut to less. */
const LEAST_LAST = 20;

/** @param look.columns - width of the terminal; `null` cuts nothing */
export function tableText<T>(
  rows: readonly T[],
  columns: readonly Column<T>[],
  look: { readonly columns: number | null; readonly header: (text: string) => string },
): string {
  const cells = rows.map((row) => columns.map((column) => oneLine(column.cell(row))));
  const widths = columns.map((column, at) =>
    Math.max(widthOf(column.title), ...cells.map((row) => widthOf(row[at] ?? ""))),
  );
  const lastWidth = roomForLast(widths, look.columns);
  const pad = (text: string, at: number): string => {
    const space = " ".repeat(Math.max(0, (widths[at] ?? 0) - widthOf(text)));
    if (columns[at]?.align === "right") return space + text;
    return at === columns.length - 1 ? cut(text, lastWidth) : text + space;
  };
  const header = look.header(
    columns
      .map((column, at) => pad(column.title, at))
      .join(GAP)
      .trimEnd(),
  );
  const body = cells.map((row, index) =>
    columns
      .map((column, at) => {
        const text = pad(row[at] ?? "", at);
        return column.paint ? column.paint(text, rows[index] as T) : text;
      })
      .join(GAP)
      .trimEnd(),
  );
  return [header, ...body].join("\n");
}

function roomForLast(widths: readonly number[], columns: number | null): number {
  if (columns === null) return Number.POSITIVE_INFINITY;
  const before = widths.slice(0, -1).reduce((sum, width) => sum + width + GAP.length, 0);
  return Math.max(LEAST_LAST, columns - before);
}
