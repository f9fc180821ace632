/** What the global setups of this package provide to the tests of a project. */

import { inject } from "vitest";
import type { RedisProduct } from "../redis/available.ts";

/** A server for the whole run, shared by all test files; or the reason why there is none. */
export type ProvidedPostgres =
  | {
      /** `18.4` */
      readonly version: string;
      /** As superuser, unless it was given in `JOBYARD_TEST_POSTGRES_URL`. */
      readonly url: string;
    }
  | { readonly version: string; readonly missing: string };

/** The same of Redis or Valkey. What a test writes goes under a prefix of its own, and it flushes nothing. */
export type ProvidedRedis =
  | {
      readonly product: RedisProduct;
      /** `7.0.15` */
      readonly version: string;
      readonly url: string;
    }
  | { readonly product: RedisProduct; readonly version: string; readonly missing: string };

declare module "vitest" {
  interface ProvidedContext {
    /** Each version that tests are to run on, newest first; never empty. */
    readonly postgres: readonly ProvidedPostgres[];
    /** Each product that tests are to run on, Redis before Valkey; never empty. */
    readonly redis: readonly ProvidedRedis[];
  }
}

/**
 * The address of a provided server. Throws the reason if it is missing, so call it in a hook or a test: these then
 * fail, and are not passed over.
 */
export function urlOf(server: ProvidedPostgres | ProvidedRedis): string {
  const product = "product" in server ? server.product : "PostgreSQL";
  if ("missing" in server) throw new Error(`${product} ${server.version} is missing: ${server.missing}`);
  return server.url;
}

/**
 * The address of the first server of its kind, the newest; as `urlOf` it throws the reason if there is none.
 *
 * @param change - parts of it that are to be others
 */
export function firstUrl(kind: "postgres" | "redis", change: Readonly<Partial<URL>> = {}): string {
  const [first] = inject(kind);
  if (first === undefined) throw new Error("no server was provided");
  return Object.assign(new URL(urlOf(first)), change).href;
}
