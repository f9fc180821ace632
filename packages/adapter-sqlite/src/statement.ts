/** SQL as a value: one statement, its parameters by name, its row by type. */

export interface Statement<Params, Row = never> {
  readonly text: string;
  /** Type only: never set. */
  readonly types?: { readonly params: Params; readonly row: Row };
}

/** For statements without parameters. */
export type None = Readonly<Record<string, never>>;

/** Nothing may be interpolated: values go in as `@parameters`. */
export function sql<Params, Row = never>(text: TemplateStringsArray): Statement<Params, Row> {
  return { text: text.join("") };
}

/** A statement over a list of rows that are given with it: `VALUES` at its end, row by row after its number. */
export interface ListStatement<Params> {
  readonly textFor: (rows: number) => string;
  /** Type only: never set. */
  readonly types?: { readonly params: Params };
}

/** The one interpolation is the number of values in a row: `(VALUES ${2})` becomes `(VALUES (0, ?, ?), (1, ?, ?))`. */
export function sqlList<Params>([before, after]: TemplateStringsArray, columns: number): ListStatement<Params> {
  const values = ", ?".repeat(columns);
  return {
    textFor: (rows) => `${before}${Array.from({ length: rows }, (_, row) => `(${row}${values})`).join(", ")}${after}`,
  };
}
