/** Medians, spreads and paired ratios. */

/** @param values - at least one */
export function median(values: readonly number[]): number {
  const sorted = ascending(values);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle];
  const lower = sorted[Math.ceil(sorted.length / 2) - 1];
  if (upper === undefined || lower === undefined) throw new RangeError("there is no median of no values");
  return (lower + upper) / 2;
}

/** The smallest value that at least that share of all does not exceed. @param share - above 0, up to 1 */
export function percentile(values: readonly number[], share: number): number {
  const found = ascending(values)[Math.ceil(share * values.length) - 1];
  if (found === undefined) throw new RangeError("there is no percentile of no values");
  return found;
}

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export const spreadOf = (values: readonly number[]): Spread => ({
  median: median(values),
  min: Math.min(...values),
  max: Math.max(...values),
});

/** Of one round each: what both had to bear at that moment cancels out. Rounds that one of them lacks are left out. */
export function pairedRatios(
  ours: ReadonlyMap<number, number>,
  theirs: ReadonlyMap<number, number>,
): readonly number[] {
  return [...ours].flatMap(([round, value]) => {
    const other = theirs.get(round);
    return other === undefined ? [] : [value / other];
  });
}

/** The same order, begun at another place: who comes first changes from round to round. */
export const rotated = <T>(items: readonly T[], by: number): readonly T[] => {
  const start = items.length === 0 ? 0 : by % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
};

const ascending = (values: readonly number[]): readonly number[] => values.toSorted((one, other) => one - other);
