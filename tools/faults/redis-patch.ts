/** What the lists of faults in the Redis adapter have in common. */

import type { Guard, Patch } from "./fault.ts";

export interface RedisFault {
  readonly patches: readonly Patch[];
  readonly guard: Guard;
}

/** @param file - below `src` of the adapter */
export const redis = (file: string, find: string, replace: string): Patch => ({
  file: `packages/adapter-redis/src/${file}`,
  find,
  replace,
});

/** In one of the scripts. */
export const inLua = (name: string, find: string, replace: string): Patch => redis(`lua/${name}.lua.ts`, find, replace);

/** A file of the adapter's own tests. @param titles - part of the names of those that should notice */
export const ownTests = (name: string, titles?: string): Guard => ({
  file: `packages/adapter-redis/test/${name}.test.ts`,
  ...(titles !== undefined && { titles }),
});

/** A chapter of the suite that every adapter has to pass. */
export const chapter = (title: string): Guard => ownTests("conformance", `adapter > ${title} > `);

export const breaks = (guard: Guard, ...patches: readonly Patch[]): RedisFault => ({ patches, guard });

/** Faults that no other adapter has, with the promise that each of them breaks. */
export type RedisOnlyFaults = Readonly<Record<string, RedisFault & { readonly promise: string }>>;
