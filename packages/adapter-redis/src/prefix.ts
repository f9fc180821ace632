/**
 * What all our keys begin with. BullMQ's tools look for keys by `<prefix>:<queue>:…`, and ours beside the queues are
 * `<prefix>::…`: a prefix must not look like a part of either.
 */

export const DEFAULT_PREFIX = "bull";
const LONGEST = 128;

/** What is wrong with it, as the end of a sentence about it; null if nothing is. */
export function faultOfPrefix(prefix: unknown, isCluster: boolean): string | null {
  if (typeof prefix !== "string" || prefix === "" || prefix.length > LONGEST)
    return `has to be a text of 1 to ${LONGEST} characters`;
  // Patterns of SCAN, quotes and white space are left out.
  if (!/^[!#-&(-)+->@-Z_a-{}~]+$/.test(prefix))
    return "has letters, digits, punctuation and one {tag} only: no space, quotes, backslash, ^, `, |, *, ?, [ or ]";
  if (/^:|::|:$/.test(prefix)) return "may have a colon between other characters only, and no two of them in a row";
  if (/[{}]/.test(prefix) && !/^[^{}]*\{[^{}]+\}[^{}]*$/.test(prefix))
    return "has braces, so it has to have them once, around something: {bull}";
  if (isCluster && !prefix.includes("{"))
    return `has no hash tag, and on a cluster all keys have to lie in one slot: write {${prefix}}`;
  return null;
}
