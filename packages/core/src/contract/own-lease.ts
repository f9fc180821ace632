/** A lease as a claim hands it out: it knows its job's number and size, which no other lease does that looks the same. */

import type { Lease } from "./adapter.ts";

/** Answers with the very object that it is given, so that a class that extends it adds its private fields to that. */
const Given = function given(lease: Lease) {
  return lease;
} as unknown as new (
  lease: Lease,
) => object;

/**
 * Private fields on a plain object: to everybody else the lease is what the contract says, and a copy of it has
 * none of them. A WeakMap would say the same and took 0.9 µs per job where this takes 0.05.
 */
class Numbered extends Given {
  readonly #pk: number;
  readonly #bytes: number;

  constructor(lease: Lease, pk: number, bytes: number) {
    super(lease);
    this.#pk = pk;
    this.#bytes = bytes;
  }

  static pkOf(lease: Lease): number | null {
    return #pk in lease ? lease.#pk : null;
  }

  static bytesOf(lease: Lease): number {
    return #bytes in lease ? lease.#bytes : 0;
  }
}

/** @param bytes - of the texts that the job has already, as retention counts them */
export function ownLease(lease: Lease, pk: number, bytes: number): Lease {
  new Numbered(lease, pk, bytes);
  return lease;
}

/** Null for a lease that came another way: as JSON, as a copy. Numbers are never used twice. */
export const pkOfLease = (lease: Lease): number | null => Numbered.pkOf(lease);

/** 0 for one that came another way. */
export const bytesOfLease = (lease: Lease): number => Numbered.bytesOf(lease);
