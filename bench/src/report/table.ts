/** A table that reads well in a terminal and is Markdown as well. */

export interface Column {
  readonly title: string;
  readonly align: "left" | "right";
}

export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const widths = columns.map(({ title }, index) =>
    Math.max(3, title.length, ...rows.map((row) => row[index]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${columns
      .map(({ align }, index) => {
        const [cell, width] = [cells[index] ?? "", widths[index] ?? 0];
        return align === "left" ? cell.padEnd(width) : cell.padStart(width);
      })
      .join(" | ")} |`;
  const rule = columns.map(({ align }, index) => {
    const dashes = "-".repeat((widths[index] ?? 0) - 1);
    return align === "left" ? `${dashes}-` : `${dashes}:`;
  });
  return [line(columns.map(({ title }) => title)), line(rule), ...rows.map(line)].join("\n");
}
