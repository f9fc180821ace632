/** What the store holds: how many jobs in which state, of which types, failed for which causes. A shop's backend. */

import type { Random } from "./random.ts";

/** What becomes of a job. */
export type Fate = "complete" | "dead" | "cancelled" | "stale" | "retrying" | "scheduled" | "stuck" | "waiting";

/** In thousandths of all jobs; what is left completes. */
const SHARES: readonly (readonly [Fate, number])[] = [
  ["waiting", 270],
  ["stuck", 30],
  ["dead", 30],
  ["scheduled", 20],
  ["retrying", 5],
  ["cancelled", 3],
  ["stale", 1],
];
/** Of these, thousandths are active: claimed out of those that wait. */
export const ACTIVE_SHARE = 2;

export function countsOf(jobs: number): Readonly<Record<Fate, number>> {
  const parts = SHARES.map(([fate, share]) => [fate, Math.round((jobs * share) / 1_000)] as const);
  const rest = jobs - parts.reduce((sum, [, n]) => sum + n, 0);
  return { ...(Object.fromEntries(parts) as Record<Fate, number>), complete: rest };
}

export interface JobType {
  readonly name: string;
  readonly queue: string;
  /** How often, beside the others. */
  readonly weight: number;
  readonly tags: readonly string[];
}

export const TYPES: readonly JobType[] = [
  { name: "email.receipt", queue: "mail", weight: 22, tags: ["customer"] },
  { name: "email.newsletter", queue: "mail", weight: 18, tags: ["campaign"] },
  { name: "email.password-reset", queue: "mail", weight: 4, tags: ["customer", "urgent"] },
  { name: "image.resize", queue: "media", weight: 14, tags: [] },
  { name: "video.transcode", queue: "media", weight: 2, tags: ["slow"] },
  { name: "order.sync", queue: "orders", weight: 12, tags: ["erp"] },
  { name: "order.refund", queue: "orders", weight: 2, tags: ["erp", "money"] },
  { name: "invoice.render", queue: "documents", weight: 8, tags: ["money"] },
  { name: "report.nightly", queue: "documents", weight: 1, tags: ["slow"] },
  { name: "webhook.deliver", queue: "webhooks", weight: 13, tags: ["partner"] },
  { name: "search.reindex", queue: "search", weight: 4, tags: [] },
];
/** Nobody serves this queue: what is in it lies at the bottom of the store. */
export const STUCK: JobType = { name: "import.legacy", queue: "legacy", weight: 0, tags: ["import"] };

const WEIGHTS = TYPES.reduce((sum, { weight }) => sum + weight, 0);

export function pickType(random: Random): JobType {
  let left = random.below(WEIGHTS);
  for (const type of TYPES) {
    if (left < type.weight) return type;
    left -= type.weight;
  }
  return STUCK;
}

/** About twenty causes of death, some common and some rare. */
const CAUSES: readonly ((random: Random) => { readonly code: string; readonly message: string })[] = [
  (random) => failed(`connect ECONNREFUSED 10.0.0.${random.below(250)}:443`),
  (random) => failed(`connect ETIMEDOUT 10.0.0.${random.below(250)}:443`),
  () => failed("read ECONNRESET"),
  () => failed("getaddrinfo ENOTFOUND smtp.internal.example"),
  (random) => failed(`Request failed with status code 503 after ${random.below(900)} ms`),
  () => failed("Request failed with status code 429"),
  () => failed("Request failed with status code 401"),
  (random) => failed(`Customer ${random.below(99_999)} has no address`),
  (random) => failed(`Mailbox of ${word(random)}@example.com is full`),
  () => failed("550 5.1.1 recipient rejected"),
  () => failed("Input buffer contains unsupported image format"),
  (random) => failed(`ENOENT: no such file or directory, open '/srv/media/${random.below(99_999)}.png'`),
  () => failed("JavaScript heap out of memory"),
  () => failed('duplicate key value violates unique constraint "invoice_number_key"'),
  (random) => failed(`deadlock detected: process ${random.below(32_000)} waits for ShareLock`),
  () => failed("certificate has expired"),
  (random) => failed(`Order ${random.below(999_999)} was already refunded`),
  () => failed("Unexpected token '<', \"<!doctype \"... is not valid JSON"),
  () => ({ code: "TIMEOUT", message: "The attempt took longer than 30000 ms" }),
  () => ({ code: "LEASE_EXPIRED", message: "The worker vanished" }),
];

const failed = (message: string): { readonly code: string; readonly message: string } => ({
  code: "HANDLER_ERROR",
  message,
});

/** The first are the most common. */
export function failureOf(random: Random): { readonly code: string; readonly message: string; readonly stack: string } {
  const index = Math.floor(random.next() ** 2 * CAUSES.length);
  const { code, message } = (CAUSES[index] ?? (() => failed("boom")))(random);
  return { code, message, stack: `Error: ${message}\n    at deliver (src/handlers.js:${random.below(300)}:11)` };
}

const REGIONS = ["eu-west", "eu-north", "us-east", "us-west", "ap-south"] as const;
const WORDS = [
  "amber",
  "birch",
  "cedar",
  "delta",
  "ember",
  "fjord",
  "grove",
  "heath",
  "inlet",
  "jetty",
  "knoll",
  "larch",
];
const word = (random: Random): string => random.pick(WORDS);

/** 100 to 500 bytes. */
export function payloadOf(random: Random, number: number): string {
  const items = Array.from({ length: 1 + random.below(5) }, () => ({
    sku: `${word(random)}-${random.below(9_999)}`,
    quantity: 1 + random.below(9),
    price: random.below(99_999) / 100,
  }));
  return JSON.stringify({
    orderId: 4_000_000 + number,
    customer: { id: `cus_${random.below(200_000).toString(36)}`, email: `${word(random)}.${number}@example.com` },
    region: random.pick(REGIONS),
    items,
    ...(random.below(3) === 0 && { note: `${word(random)} ${word(random)} ${word(random)} ${word(random)}` }),
  });
}
