/**
 * Which numbers were seen, in three figures of constant size: how many, their sum, and a sum of their hashes. Two
 * ledgers are equal if the same numbers were seen equally often, and practically only then.
 */

export interface Ledger {
  readonly count: number;
  /** Exact up to 90 million numbers in a row. */
  readonly sum: number;
  /** Modulo 2^32. */
  readonly hashes: number;
}

export const EMPTY: Ledger = { count: 0, sum: 0, hashes: 0 };

export const withNumber = ({ count, sum, hashes }: Ledger, n: number): Ledger => ({
  count: count + 1,
  sum: sum + n,
  hashes: (hashes + hash(n)) >>> 0,
});

export const together = (a: Ledger, b: Ledger): Ledger => ({
  count: a.count + b.count,
  sum: a.sum + b.sum,
  hashes: (a.hashes + b.hashes) >>> 0,
});

export const isSame = (a: Ledger, b: Ledger): boolean =>
  a.count === b.count && a.sum === b.sum && a.hashes === b.hashes;

/** A multiplicative hash of 32 bits, mixed from both ends. */
function hash(n: number): number {
  let mixed = Math.imul(n ^ (n >>> 16), 0x85_eb_ca_6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2_b2_ae_35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
