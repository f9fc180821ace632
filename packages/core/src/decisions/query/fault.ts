/** The one error of the query language: which term is wrong, where it stands, and what would be right. */

import { QueueError } from "../../nouns/errors.ts";

/** Places count UTF-16 units from 0, as a text field does. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** `BAD_QUERY` with the place of the fault, so that a search bar can underline it. `field` is the term as it was typed. */
export class QueryError extends QueueError {
  readonly start: number;
  readonly end: number;

  constructor(text: string, { start, end }: Span, what: string) {
    const term = text.slice(start, end);
    super("BAD_QUERY", `"${term}" at ${start + 1}: ${what}`, { field: term });
    this.name = "QueryError";
    this.start = start;
    this.end = end;
  }
}
