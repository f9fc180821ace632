/**
 * SQL as a value: one statement, its parameters by name, its row by type.
 *
 * Statements are written for a schema named `jobyard`, so that they can be tried in psql as they stand; a connection
 * puts the configured name in its place.
 */

export interface Statement<Params, Row = never> {
  readonly text: string;
  /** Asked so often that a connection that is ours alone keeps it prepared. */
  readonly isPrepared?: true;
  /** Type only: never set. */
  readonly types?: { readonly params: Params; readonly row: Row };
}

/** For statements without parameters. */
export type None = Readonly<Record<string, never>>;

/** Nothing may be interpolated: values go in as `@parameters`. */
export function sql<Params, Row = never>(text: TemplateStringsArray): Statement<Params, Row> {
  return { text: text.join("") };
}

/** The same for the few statements that all work consists of. */
export function prepared<Params, Row = never>(text: TemplateStringsArray): Statement<Params, Row> {
  return { text: text.join(""), isPrepared: true };
}
