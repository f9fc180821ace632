/** A seeded fault: one promise, broken on purpose by patching an adapter's source as it is loaded. */

export const ADAPTERS = ["memory", "sqlite"] as const;
export type AdapterName = (typeof ADAPTERS)[number];

/** `find` must occur in the file exactly once, or the fault counts as not injected. */
export interface Patch {
  /** From the repository's root. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

export interface Fault {
  readonly id: string;
  /** Section of semantics.md §3 whose promise it breaks, in a few words. */
  readonly promise: string;
  readonly patches: Readonly<Record<AdapterName, readonly Patch[]>>;
}
