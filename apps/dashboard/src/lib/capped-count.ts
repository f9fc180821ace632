/** Numbers that stop counting: exact up to a bound, "10,000+" beyond. */

export interface Capped {
  readonly n: number;
  readonly exact: boolean;
}

const full = new Intl.NumberFormat("en");
const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

/** `1,234`, or `10,000+` if there may be more. */
export const printCount = ({ n, exact }: Capped): string => `${full.format(n)}${exact ? "" : "+"}`;

/** For narrow places: `12K`, `10K+`. Below 10,000 as {@link printCount}. */
export const printShortCount = (count: Capped): string =>
  count.n < 10_000 ? printCount(count) : `${short.format(count.n)}${count.exact ? "" : "+"}`;

/** Inexact if any part is. */
export const addCounts = (counts: Iterable<Capped>): Capped => {
  let n = 0;
  let exact = true;
  for (const count of counts) {
    n += count.n;
    exact &&= count.exact;
  }
  return { n, exact };
};

/** "1 job", "2 jobs", "10,000+ jobs". */
export const printJobs = (count: Capped): string =>
  `${printCount(count)} ${count.n === 1 && count.exact ? "job" : "jobs"}`;
