/** Which of some jobs match a filter. */

import { type Filter, type Instant, matchesFilter, type Searchable } from "@jobyard/core/adapter";
import type { StoredJob } from "../job-fields.ts";
import { isForeignNumber } from "./foreign-number.ts";
import { look, SLICE, together, WANTED_FOR, type Wanted } from "./look.ts";
import type { Readable } from "./store.ts";
import type { JobKey } from "./walks.ts";

/** Payloads and results up to this size come with the job if a term asks for them; longer ones one at a time. */
const SMALL_BYTES = 16_384;
/** Then fewer jobs are looked at together. */
const WITH_TEXTS = 200;

export interface Match {
  readonly key: JobKey;
  readonly job: StoredJob;
}

export class Eye {
  readonly #store: Readable;
  /** Terms about payloads and results; they come last. */
  readonly #texts: Filter;
  readonly #others: Filter;
  readonly #wanted: Wanted;
  readonly #now: Instant;

  /** @param read - what is read besides what the filter asks for */
  constructor(store: Readable, filter: Filter, read: Wanted, now: Instant) {
    this.#store = store;
    this.#now = now;
    this.#texts = filter.filter(({ field }) => field === "payload" || field === "result");
    this.#others = filter.filter((term) => !this.#texts.includes(term));
    this.#wanted = together([
      read,
      { fields: ["yn"] },
      ...filter.flatMap((term) => readFor(term).map((field) => WANTED_FOR[field])),
    ]);
  }

  get mostAtOnce(): number {
    return this.#texts.length > 0 ? WITH_TEXTS : SLICE;
  }

  /**
   * @param keys - {@link mostAtOnce} at most
   * @param enough - after so many matches it looks no further
   */
  async matching(
    keys: readonly JobKey[],
    enough: number,
  ): Promise<{ readonly matches: readonly Match[]; readonly looked: number }> {
    const jobs = await look(this.#store, keys, this.#wanted, SMALL_BYTES);
    const matches: Match[] = [];
    for (const [index, key] of keys.entries()) {
      const job = jobs[index];
      if (job && isAt(key, job) && (await this.#isMatch(job))) matches.push({ key, job });
      if (matches.length >= enough) return { matches, looked: index + 1 };
    }
    return { matches, looked: keys.length };
  }

  async #isMatch(job: StoredJob): Promise<boolean> {
    if (!matchesFilter(job, this.#others, this.#now)) return false;
    if (this.#texts.length === 0) return true;
    const whole = job.isWhole ? job : (await look(this.#store, [job], this.#wanted))[0];
    return whole ? matchesFilter(whole, this.#texts, this.#now) : false;
  }
}

/** False for a job that became one of ours since its place was read: it has another one now. */
const isAt = ({ pk }: JobKey, job: StoredJob): boolean => job.isForeign || !isForeignNumber(pk);

/** What a term looks at. */
function readFor(term: Filter[number]): readonly (keyof Searchable)[] {
  switch (term.field) {
    case "state":
      return ["state", "runAt", "attempt"];
    case "flag":
      return FLAGS[term.flag];
    case "wait":
    case "run":
      return ["state", "runAt", "startedAt", "finishedAt"];
    default:
      return FIELDS[term.field];
  }
}

const FLAGS: Readonly<
  Record<Extract<Filter[number], { readonly field: "flag" }>["flag"], readonly (keyof Searchable)[]>
> = {
  "is:held": ["heldLimit"],
  "is:late": ["state", "runAt"],
  "has:error": ["errors"],
  "has:result": ["result"],
  "has:progress": ["progress"],
};

const FIELDS: Readonly<
  Record<Exclude<Filter[number]["field"], "state" | "flag" | "wait" | "run">, readonly (keyof Searchable)[]>
> = {
  id: ["id"],
  queue: ["queue"],
  name: ["name"],
  version: ["version"],
  worker: ["worker"],
  tag: ["tags"],
  key: ["dedupeKey"],
  parent: ["parent"],
  error: ["errors"],
  reason: ["reason"],
  group: ["group"],
  op: ["lastOp"],
  priority: ["priority"],
  attempts: ["attempt"],
  created: ["createdAt"],
  finished: ["finishedAt"],
  runat: ["runAt"],
  payload: ["payload"],
  result: ["result"],
  word: ["id", "name", "errors"],
};
