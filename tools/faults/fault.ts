/** A seeded fault: one promise, broken on purpose by patching the source as it is loaded. */

/** What a fault can be seeded in: an adapter, or core's engine and decisions. */
export const TARGETS = ["memory", "sqlite", "engine"] as const;
export type Target = (typeof TARGETS)[number];

/** `find` must occur in the file exactly once, or the fault counts as not injected. */
export interface Patch {
  /** From the repository's root. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

export interface Fault {
  readonly id: string;
  /** The promise of the semantics that it breaks, in a few words. */
  readonly promise: string;
  readonly patches: Readonly<Partial<Record<Target, readonly Patch[]>>>;
}
