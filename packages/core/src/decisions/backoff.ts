/** How long to wait before the next attempt. */

import { DEFAULT_BACKOFF } from "../nouns/defaults.ts";
import type { Backoff } from "../nouns/job.ts";

/**
 * Delay before the attempt after `attempt`, in whole milliseconds. Never negative, never over the policy's cap,
 * at any attempt: large powers meet the cap before they could overflow.
 *
 * @param policy - `null` for the default
 * @param attempt - the attempt that just failed, 1 or more
 * @param random - uniform in [0, 1); jitter takes up to its share off the delay
 */
export function backoffMs(policy: Backoff | null, attempt: number, random: number): number {
  const rule = policy ?? DEFAULT_BACKOFF;
  if (isList(rule)) return rule[Math.min(attempt, rule.length) - 1] ?? 0;
  const full = Math.min(rule.delayMs * growth(rule.type, attempt), rule.maxDelayMs);
  return Math.round(full * (1 - rule.jitter * random));
}

/** Exponents stop below the one at which a double becomes infinite, so that 0 ms stays 0 ms. */
const LARGEST_EXPONENT = 1_023;

function growth(type: "fixed" | "linear" | "exponential", attempt: number): number {
  if (type === "fixed") return 1;
  return type === "linear" ? attempt : 2 ** Math.min(attempt - 1, LARGEST_EXPONENT);
}

/** `Array.isArray` does not narrow readonly arrays. */
const isList = (rule: Backoff): rule is readonly number[] => Array.isArray(rule);
