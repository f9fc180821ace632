/** A lease as a claim hands it out: it knows its job's number, which no other lease does that looks the same. */

import type { Lease } from "@jobyard/core/adapter";

/** Answers with the very object that it is given, so that a class that extends it adds its private field to that. */
const Given = function given(lease: Lease) {
  return lease;
} as unknown as new (
  lease: Lease,
) => object;

/**
 * A private field on a plain object: to everybody else the lease is what the contract says, and a copy of it has
 * none. A WeakMap would say the same at several times the price.
 */
class Numbered extends Given {
  readonly #pk: number;

  constructor(lease: Lease, pk: number) {
    super(lease);
    this.#pk = pk;
  }

  static pkOf(lease: Lease): number | null {
    return #pk in lease ? lease.#pk : null;
  }
}

export function ownLease(lease: Lease, pk: number): Lease {
  new Numbered(lease, pk);
  return lease;
}

/** Null for a lease that came another way: as JSON, as a copy. Numbers are never used twice. */
export const pkOfLease = (lease: Lease): number | null => Numbered.pkOf(lease);
