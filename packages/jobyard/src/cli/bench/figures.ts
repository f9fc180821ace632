/** Figures of many times. */

/** Per second; 0 for nothing. */
export const rate = (n: number, ms: number): number => (n === 0 ? 0 : round((n / ms) * 1_000, 10));

/** @param parts - of one that are kept: 1,000 for microseconds of a ms */
const round = (n: number, parts: number): number => Math.round(n * parts) / parts;

/** @param times - in ms; none gives `null` */
export function percentiles(times: readonly number[]): {
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
} {
  const sorted = times.toSorted((a, b) => a - b);
  return { p50Ms: rank(sorted, 0.5), p99Ms: rank(sorted, 0.99) };
}

/** The smallest that so large a share of them does not exceed. */
function rank(sorted: readonly number[], share: number): number | null {
  const found = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  return found === undefined ? null : round(found, 1_000);
}

/** Three digits that count: `12,300`, `4.56`, `0.0123`. */
export function threeDigits(n: number): string {
  return Number(n.toPrecision(3)).toLocaleString("en", { maximumSignificantDigits: 3 });
}
