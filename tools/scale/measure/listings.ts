/** Every kind of list that the Jobs page can be asked for. */

/**
 * `indexed`: an index leads to the matches, so every page must come at once. `search`: jobs must be looked at one by
 * one, so it must say how many were.
 */
export type Kind = "indexed" | "search";

export interface Listing {
  readonly q: string;
  readonly kind: Kind;
}

const indexed = (...queries: readonly string[]): readonly Listing[] => queries.map((q) => ({ q, kind: "indexed" }));
const search = (...queries: readonly string[]): readonly Listing[] => queries.map((q) => ({ q, kind: "search" }));

/** @param id - of a job of the store */
export const listingsOf = (id: string): readonly Listing[] => [
  ...indexed(
    "",
    "state:waiting",
    "state:scheduled",
    "state:retrying",
    "state:blocked",
    "state:active",
    "state:stale",
    "state:completed",
    "state:dead",
    "state:cancelled",
    "-state:completed",
    "-state:waiting",
    "state:(dead OR stale OR cancelled)",
    "state:(active OR retrying)",
    "queue:mail",
    "queue:legacy",
    "queue:(mail OR orders)",
    "queue:m*",
    "-queue:mail",
    "queue:nowhere",
    "name:report.nightly",
    "name:email.*",
    "-name:email.*",
    "version:1",
    "queue:mail state:waiting",
    "queue:legacy state:waiting",
    "queue:mail state:completed",
    "queue:search state:completed",
    "queue:mail state:scheduled",
    "queue:mail state:retrying",
    "queue:mail state:active",
    "queue:mail state:dead",
    "queue:(mail OR media) state:dead",
    "name:report.nightly state:waiting",
    "name:report.nightly state:completed",
    "name:report.nightly state:dead",
    `id:${id}`,
    `id:(${id} OR nobody)`,
    "created:<1h",
    "created:>2d",
    "created:1d..2d",
    "created:>2d state:dead",
    "created:1d..2d queue:mail state:completed",
  ),
  ...search(
    "state:dead error:ECONNREFUSED",
    "state:dead error:heap",
    "error:ECONNREFUSED",
    "state:dead finished:<1d",
    "tag:urgent",
    "tag:import-7",
    "tag:nothing",
    "worker:nobody",
    "worker:0199aaaa-0003-*",
    "key:key-777",
    "parent:order-5",
    "op:nothing",
    "priority:9",
    "attempts:>1",
    "wait:>1h",
    "run:>30s",
    "finished:<1h",
    "runat:>+1d",
    "is:late",
    "has:error",
    "has:progress",
    "has:result",
    "id:order-4*",
    "amber",
    "payload.orderId:4000123",
    "payload.customer.email:*@example.com state:waiting",
    "payload.items.price:>999",
    "payload:*nothing-like-it*",
    "result.sent:false",
    "queue:mail payload.region:eu-north payload.note:*fjord*",
  ),
];
