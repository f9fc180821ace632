/** What the lists of faults in the Postgres adapter have in common. */

import type { Guard, Patch } from "./fault.ts";

export interface PostgresFault {
  readonly patches: readonly Patch[];
  readonly guard: Guard;
}

/** @param file - below `src` of the adapter */
export const postgres = (file: string, find: string, replace: string): Patch => ({
  file: `packages/adapter-postgres/src/${file}`,
  find,
  replace,
});

/** In one of the functions of the first migration. */
export const inSql = (name: string, find: string, replace: string): Patch =>
  postgres(`migrations/001/${name}.sql.ts`, find, replace);

/** A file of the adapter's own tests. @param titles - part of the names of those that should notice */
export const ownTests = (name: string, titles?: string): Guard => ({
  file: `packages/adapter-postgres/test/${name}.test.ts`,
  ...(titles !== undefined && { titles }),
});

/** A chapter of the suite that every adapter has to pass. */
export const chapter = (title: string): Guard => ownTests("conformance", `adapter > ${title} > `);

/** Faults that no other adapter has, with the promise that each of them breaks. */
export type PostgresOnlyFaults = Readonly<Record<string, PostgresFault & { readonly promise: string }>>;
