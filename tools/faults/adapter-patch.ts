/** What the lists of faults in the adapters of servers have in common. */

import type { Fault, Guard, Patch, Target } from "./fault.ts";

/** Where a fault is seeded in one adapter, and the tests that should notice. */
export interface SeededFault {
  readonly patches: readonly Patch[];
  readonly guard: Guard;
}

/** Faults that no other adapter has, with the promise that each of them breaks. */
export type OwnFaults = Readonly<Record<string, SeededFault & { readonly promise: string }>>;

export const breaks = (guard: Guard, ...patches: readonly Patch[]): SeededFault => ({ patches, guard });

export interface AdapterPlaces {
  /** @param file - below `src` of the adapter */
  inSource(file: string, find: string, replace: string): Patch;
  /** A file of the adapter's own tests. @param titles - part of the names of those that should notice */
  ownTests(name: string, titles?: string): Guard;
  /** A chapter of the suite that every adapter has to pass. */
  chapter(title: string): Guard;
}

export function placesIn(adapter: "postgres" | "redis"): AdapterPlaces {
  const folder = `packages/adapter-${adapter}`;
  const ownTests = (name: string, titles?: string): Guard => ({
    file: `${folder}/test/${name}.test.ts`,
    ...(titles !== undefined && { titles }),
  });
  return {
    inSource: (file, find, replace) => ({ file: `${folder}/src/${file}`, find, replace }),
    ownTests,
    chapter: (title) => ownTests("conformance", `adapter > ${title} > `),
  };
}

/** Without a place in that adapter it has no patches there, which the test of the patches refuses. */
export function on(target: Target, seeded: SeededFault | undefined, fault: Fault): Fault {
  if (seeded === undefined) return fault;
  return {
    ...fault,
    patches: { ...fault.patches, [target]: seeded.patches },
    guards: { ...fault.guards, [target]: seeded.guard },
  };
}

/** Faults that are seeded in that adapter only. */
export const onlyOn = (target: Target, faults: OwnFaults): readonly Fault[] =>
  Object.entries(faults).map(([id, { promise, ...seeded }]) => on(target, seeded, { id, promise, patches: {} }));
