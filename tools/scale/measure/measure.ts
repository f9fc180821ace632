/** Asks for every listing and page, and for everything else that the pages show, several times each. */

import { type Kind, type Listing, listingsOf } from "./listings.ts";
import type { Procedures } from "./procedures.ts";
import { type Figure, figureOf, type Sample, sample } from "./sample.ts";

export interface Line {
  /** The procedure, and what it was asked. */
  readonly what: string;
  readonly kind: Kind;
  /** Of a list: which page. */
  readonly page: string;
  readonly figure: Figure;
  readonly items: number;
  readonly searched: { readonly rows: number; readonly all: boolean } | null;
}

interface Page {
  readonly items: readonly { readonly queue: string; readonly id: string; readonly seq: number }[];
  readonly next: string | null;
  readonly previous: string | null;
  readonly last: string | null;
  readonly searched: { readonly rows: number; readonly all: boolean };
}

export interface Plan {
  readonly rounds: number;
  /** Of filters that stores with tables have an index for. */
  readonly hasIndexFor: (q: string) => boolean;
  readonly onLine: (line: Line) => void;
}

export async function measure(procedures: Procedures, { rounds, hasIndexFor, onLine }: Plan): Promise<readonly Line[]> {
  const lines: Line[] = [];
  const take = async (what: string, kind: Kind, page: string, path: string, input: object): Promise<unknown> => {
    const samples: Sample[] = [];
    let answer: unknown;
    for (let round = 0; round < rounds; round++) {
      const [found, one] = await sample(() => procedures.call(path, input));
      answer = found;
      samples.push(one);
    }
    const { items, searched } = answer as Partial<Page>;
    const line = { what, kind, page, figure: figureOf(samples), items: items?.length ?? 0, searched: searched ?? null };
    lines.push(line);
    onLine(line);
    return answer;
  };

  const { items } = (await procedures.call("jobs.list", { q: "state:waiting", cursor: null })) as Page;
  const [job] = items;
  if (job === undefined) throw new Error("no job waits in this store");
  for (const { q, kind } of listingsOf(job.id)) {
    const listing: Listing = { q, kind: kind === "indexed" && hasIndexFor(q) ? "indexed" : "search" };
    await takePages(
      listing,
      (page, cursor) => take(listing.q, listing.kind, page, "jobs.list", { q: listing.q, cursor }) as Promise<Page>,
    );
    // No index tells how many of each phase were enqueued in a time: these are found by looking, up to the cap.
    const isByTime = listing.q.includes("created:");
    await take(listing.q, isByTime ? "search" : listing.kind, "counts", "jobs.phases", { q: listing.q });
  }
  const others: readonly (readonly [string, object])[] = [
    ["overview.glance", {}],
    ["queues.list", {}],
    ["queues.one", { queue: "mail" }],
    ["queues.one", { queue: "legacy" }],
    ["jobs.one", { queue: job.queue, id: job.id }],
    ["jobs.events", { queue: job.queue, id: job.id, seq: job.seq, last: 50 }],
    ["jobs.rows", { refs: items.map(({ queue, id }) => ({ queue, id })) }],
    ["search.values", { field: "queue" }],
    ["search.values", { field: "name" }],
  ];
  for (const [path, input] of others)
    await take(`${path} ${JSON.stringify(input).slice(0, 40)}`, "indexed", "", path, input);
  await take("search.values tag", "search", "", "search.values", { field: "tag" });
  await take("operations.preview state:dead", "search", "", "operations.preview", { q: "state:dead" });
  return lines;
}

async function takePages(
  { kind }: Listing,
  take: (page: string, cursor: string | null) => Promise<Page>,
): Promise<void> {
  const first = await take("first", null);
  if (first.next === null) return;
  const second = await take("second", first.next);
  if (second.previous !== null) await take("back", second.previous);
  // What must be looked through has no end that could be jumped to.
  if (first.last === null || kind === "search") return;
  const last = await take("last", first.last);
  if (last.previous === null) return;
  await take("last but one", last.previous);
  await take("middle", halfway(first.next, last.previous));
}

/** A cursor of this adapter is a JSON array that ends with a time and a number. */
function halfway(a: string, b: string): string {
  const [one, other] = [a, b].map(
    (text) => JSON.parse(Buffer.from(text, "base64url").toString()) as (string | number)[],
  );
  const middle = one?.map((part, index) => {
    const end = other?.[index];
    return typeof part === "number" && typeof end === "number" ? Math.round((part + end) / 2) : part;
  });
  return Buffer.from(JSON.stringify(middle)).toString("base64url");
}
