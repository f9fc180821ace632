/** UUID version 7 (RFC 9562 §5.7): sortable by time, so that neighbours in time are neighbours in an index. */

import { createHash, randomBytes } from "node:crypto";

/** Random digits for that many ids at once: asking for each took longer than everything else here. */
const POOL_IDS = 256;
const DIGITS_PER_ID = 16;
let pool = "";
let used = 0;
let lastMs = -1;
let counter = 0;
/** What all ids of a millisecond begin with. */
let prefix = "";

const COUNTERS: readonly string[] = Array.from({ length: 0x1000 }, (_, n) => n.toString(16).padStart(3, "0"));
/** The variant takes the place of a random digit's upper two bits (RFC 9562 §4.1). */
const VARIANTS = "89ab89ab89ab89ab";

/**
 * Ids made by one process sort in the order in which they were made, also within a millisecond:
 * the 12 bits after the time are a counter (RFC 9562 §6.2, method 1) that borrows from the future when full.
 *
 * @param nowMs - epoch milliseconds
 */
export function uuidv7(nowMs: number): string {
  if (nowMs > lastMs) begin(nowMs);
  else if (++counter > 0xfff) begin(lastMs + 1);
  if (used === pool.length) {
    pool = randomBytes((POOL_IDS * DIGITS_PER_ID) / 2).toString("hex");
    used = 0;
  }
  const from = used;
  used += DIGITS_PER_ID;
  const variant = VARIANTS[Number.parseInt(pool[from] as string, 16)];
  return `${prefix}${COUNTERS[counter]}-${variant}${pool.slice(from + 1, from + 4)}-${pool.slice(from + 4, used)}`;
}

function begin(ms: number): void {
  lastMs = ms;
  counter = 0;
  const time = ms.toString(16).padStart(12, "0");
  prefix = `${time.slice(0, 8)}-${time.slice(8)}-7`;
}

/** UUID version 8 (RFC 9562 §5.8): always the same id for the same text, by SHA-256. */
export function uuidOf(text: string): string {
  const digest = createHash("sha256").update(text).digest().subarray(0, 16);
  digest[6] = ((digest[6] as number) & 0x0f) | 0x80;
  digest[8] = ((digest[8] as number) & 0x3f) | 0x80;
  const hex = digest.toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
