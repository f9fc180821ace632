/** What the global setups of this package provide to the tests of a project. */

/** A server for the whole run, shared by all test files; or the reason why there is none. */
export type ProvidedPostgres =
  | {
      /** `18.4` */
      readonly version: string;
      /** As superuser, unless it was given in `JOBYARD_TEST_POSTGRES_URL`. */
      readonly url: string;
    }
  | { readonly version: string; readonly missing: string };

declare module "vitest" {
  interface ProvidedContext {
    /** Each version that tests are to run on, newest first; never empty. */
    readonly postgres: readonly ProvidedPostgres[];
  }
}

/**
 * The address of a provided server. Throws the reason if it is missing, so call it in a hook or a test: these then
 * fail, and are not passed over.
 */
export function urlOf(server: ProvidedPostgres): string {
  if ("missing" in server) throw new Error(`PostgreSQL ${server.version} is missing: ${server.missing}`);
  return server.url;
}
