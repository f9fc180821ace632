/** Times and durations as people read them. Instants are epoch milliseconds by the store's clock. */

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const UNITS = [
  ["d", DAY],
  ["h", HOUR],
  ["m", MINUTE],
  ["s", SECOND],
] as const;

/** `340 ms`, `2.4 s`, `3 m 12 s`, `2 d 4 h`: two units at most. */
export function printDuration(ms: number): string {
  if (ms < SECOND) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 10 * SECOND) return `${(Math.floor(ms / 100) / 10).toFixed(1)} s`;
  const first = UNITS.findIndex(([, size]) => ms >= size);
  const [unit, size] = UNITS[first] as (typeof UNITS)[number];
  const head = `${Math.floor(ms / size)} ${unit}`;
  const next = UNITS[first + 1];
  const rest = next ? Math.floor((ms % size) / next[1]) : 0;
  return next && rest > 0 ? `${head} ${rest} ${next[0]}` : head;
}

/** `now`, `12 s ago`, `in 3 m`: one unit, so that a column of them is calm. */
export function printAgo(at: number, now: number): string {
  const distance = Math.abs(now - at);
  if (distance < 1.5 * SECOND) return "now";
  const [unit, size] = UNITS.find(([, length]) => distance >= length) ?? UNITS[3];
  const text = `${Math.floor(distance / size)} ${unit}`;
  return at > now ? `in ${text}` : `${text} ago`;
}

const instant = new Intl.DateTimeFormat("en-GB", {
  year: "numeric",
  month: "short",
  day: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  fractionalSecondDigits: 3,
  timeZoneName: "short",
});
/** In the reader's own zone. Only for the browser: a server's zone is another. */
export const printInstant = (at: number): string => instant.format(at);

const clock = new Intl.DateTimeFormat("en-GB", {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  fractionalSecondDigits: 3,
});
export const printClock = (at: number): string => clock.format(at);

/** `019ab3…7c2f`: start and end are what tells ids apart. */
export const shortId = (id: string): string => (id.length <= 14 ? id : `${id.slice(0, 6)}…${id.slice(-6)}`);

const bytes = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
export function printBytes(text: string): string {
  const n = new Blob([text]).size;
  return n < 1_024 ? `${n} B` : n < 1_048_576 ? `${bytes.format(n / 1_024)} KB` : `${bytes.format(n / 1_048_576)} MB`;
}
