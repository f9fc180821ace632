/** JSON in the columns of SQL stores: what is empty is null there. */

import type { AttemptError } from "../nouns/job.ts";

/** A list that is stored as JSON, and as null if it is empty. */
export const listText = (items: readonly unknown[]): string | null =>
  items.length === 0 ? null : JSON.stringify(items);

/** Any other JSON that may be null. */
export const jsonText = (value: unknown): string | null => (value === null ? null : JSON.stringify(value));

/** @param text - written by one of the two above */
export const parsed = <T>(text: string | null): T | null => (text === null ? null : (JSON.parse(text) as T));

/** Of a job's `errors`. */
export const errorsIn = (text: string | null): readonly AttemptError[] => parsed<readonly AttemptError[]>(text) ?? [];
