/** A seeded fault: one promise, broken on purpose by patching the source as it is loaded. */

/** What a fault can be seeded in: an adapter, or core's engine and decisions. */
export const TARGETS = ["memory", "sqlite", "postgres", "redis", "engine"] as const;
export type Target = (typeof TARGETS)[number];

/** `find` must occur in the file exactly once, or the fault counts as not injected. */
export interface Patch {
  /** From the repository's root. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** The tests that should notice. */
export interface Guard {
  /** From the repository's root: a file, or a folder that ends with a slash. */
  readonly file: string;
  /** A pattern for their names, joined by " > "; absent: all tests of the file. */
  readonly titles?: string;
}

export interface Fault {
  readonly id: string;
  /** The promise of the semantics that it breaks, in a few words. */
  readonly promise: string;
  readonly patches: Readonly<Partial<Record<Target, readonly Patch[]>>>;
  /** Where the target's whole suite would take too long. */
  readonly guards?: Readonly<Partial<Record<Target, Guard>>>;
}
