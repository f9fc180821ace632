/** What is read of jobs: a look says which fields, the script brings rows of them. */

import type { Instant, JobRef, Searchable } from "@jobyard/core/adapter";
import { StoredJob } from "../job-fields.ts";
import { FOR_LEASE, FOR_PLACE, lookScript } from "../lua/read/look.lua.ts";
import { packed, unpacked } from "../packed.ts";
import type { Readable } from "./store.ts";

/** A script holds the server up for as long as it runs. */
export const SLICE = 1_000;

/** As the script answers. */
export type Row = readonly (Value | readonly string[])[];
/** False: there is none. 0: a text that is longer than was asked for. */
type Value = string | number | false;

/** What is asked for. */
export interface Wanted {
  readonly fields?: readonly string[];
  /** Fields that can be large. */
  readonly texts?: readonly string[];
  readonly place?: boolean;
  /** With the place. */
  readonly lease?: boolean;
  /** Options that BullMQ's programs gave to a job that is none of ours; with `yn`. */
  readonly opts?: boolean;
  readonly events?: boolean;
  readonly errors?: "last" | "all";
}

const STATE: Wanted = { place: true, fields: ["ym", "yi", "finishedOn"] };
const FAILED: Wanted = together([
  STATE,
  { errors: "last", fields: ["yn", "atm", "stc", "failedReason", "processedOn"] },
]);
const FACTS: Wanted = { opts: true, fields: ["yn", "yx"] };

/** What has to be read to know this of a job. */
export const WANTED_FOR: Readonly<Record<keyof Searchable, Wanted>> = {
  id: {},
  queue: {},
  name: { fields: ["name"] },
  version: { fields: ["yv"] },
  state: STATE,
  reason: STATE,
  priority: { fields: ["priority"] },
  attempt: { place: true, fields: ["atm", "stc"] },
  runAt: { place: true, fields: ["yu"] },
  createdAt: {},
  startedAt: { fields: ["processedOn"] },
  finishedAt: { place: true, fields: ["finishedOn"] },
  worker: { fields: ["pb"] },
  tags: FACTS,
  group: FACTS,
  parent: FACTS,
  dedupeKey: { fields: ["deid"] },
  heldLimit: { fields: ["yl"] },
  lastOp: { fields: ["yz"] },
  errors: FAILED,
  progress: { fields: ["progress"] },
  payload: { texts: ["data"] },
  result: { texts: ["returnvalue"], fields: ["yo"] },
};

/** All that a list shows. */
export const SUMMARY: Wanted = together([
  ...Object.entries(WANTED_FOR).flatMap(([field, wanted]) => (field === "payload" || field === "result" ? [] : wanted)),
  { lease: true, events: true, fields: ["stacktrace", "ye", "yr", "yq", "yp", "yc", "ats"] },
]);
export const WHOLE: Wanted = together([SUMMARY, WANTED_FOR.payload, WANTED_FOR.result, { errors: "all" }]);

export function together(all: readonly Wanted[]): Wanted {
  const errors = all.some((one) => one.errors === "all") ? "all" : all.find((one) => one.errors)?.errors;
  return {
    fields: [...new Set(all.flatMap(({ fields = [] }) => fields))],
    texts: [...new Set(all.flatMap(({ texts = [] }) => texts))],
    place: all.some(({ place }) => place),
    lease: all.some(({ lease }) => lease),
    opts: all.some(({ opts }) => opts),
    events: all.some(({ events }) => events),
    ...(errors && { errors }),
  };
}

/** One look at jobs: what was asked for, when it was, and how its rows are read. */
export class Look {
  readonly now: Instant;
  readonly #columns: ReadonlyMap<string, number>;

  constructor(wanted: Wanted, now: Instant) {
    this.now = now;
    this.#columns = new Map(columnsOf(wanted).map((column, index) => [column, index]));
  }

  /** True if a text was longer than was asked for. */
  isCut(row: Row): boolean {
    return row.some((value, column) => value === 0 && column !== this.#columns.get(EVENTS));
  }

  has(field: string): boolean {
    return this.#columns.has(field);
  }

  textIn(row: Row, field: string): string | null {
    const value = this.#valueIn(row, field);
    if (value === false) return null;
    return typeof value === "string" ? value : notRead(field);
  }

  placeIn(row: Row): string | null {
    return this.textIn(row, PLACE);
  }

  /** Of a job in delayed. */
  scoreIn(row: Row): number | null {
    const score = this.textIn(row, SCORE);
    return score === null ? null : Number(score);
  }

  leaseIn(row: Row): Instant | null {
    const until = this.textIn(row, LEASE);
    return until === null ? null : Math.floor(Number(until));
  }

  errorsIn(row: Row): readonly string[] {
    const texts = this.#valueIn(row, ERRORS);
    return Array.isArray(texts) ? texts : NONE;
  }

  eventsIn(row: Row): number {
    return Number(this.#valueIn(row, EVENTS));
  }

  #valueIn(row: Row, column: string): Row[number] {
    return row[this.#columns.get(column) ?? notRead(column)] ?? false;
  }
}

const NONE: readonly string[] = [];
const [PLACE, SCORE, LEASE, OPTS, EVENTS, ERRORS] = [
  "@place",
  "@score",
  "@lease",
  "opts",
  "@events",
  "@errors",
] as const;

const fieldsOf = ({ place, lease, fields = [] }: Wanted): readonly string[] => [
  ...new Set(["timestamp", ...(place ? FOR_PLACE : []), ...(lease ? FOR_LEASE : []), ...fields]),
];

/** What the script answers of each job. */
const columnsOf = (wanted: Wanted): readonly string[] => [
  ...fieldsOf(wanted),
  ...(wanted.texts ?? []),
  ...(wanted.place ? [PLACE, SCORE] : []),
  ...(wanted.lease ? [LEASE] : []),
  ...(wanted.opts ? [OPTS] : []),
  ...(wanted.events ? [EVENTS] : []),
  ...(wanted.errors ? [ERRORS] : []),
];

/** What was not read must not be taken for what is not there. */
function notRead(what: string): never {
  throw new TypeError(`a look was not asked for ${what}`);
}

/**
 * In the order of the addresses; null for a job that does not exist.
 *
 * @param most - longer texts are not read, in bytes; default: all are
 */
export async function look(
  store: Readable,
  refs: readonly JobRef[],
  wanted: Wanted,
  most: number = Number.MAX_SAFE_INTEGER,
): Promise<readonly (StoredJob | null)[]> {
  const found: (StoredJob | null)[] = [];
  for (let from = 0; from < refs.length; from += SLICE)
    found.push(...(await lookAtSlice(store, refs.slice(from, from + SLICE), wanted, most)));
  return found;
}

async function lookAtSlice(
  store: Readable,
  refs: readonly JobRef[],
  wanted: Wanted,
  most: number,
): Promise<readonly (StoredJob | null)[]> {
  const { texts = [], place = false, lease = false, events = false, errors = false } = wanted;
  const fields = fieldsOf(wanted);
  const number = wanted.opts ? fields.indexOf("yn") + 1 : 0;
  const facts = wanted.opts ? fields.indexOf("yx") + 1 : 0;
  const ask = { place, lease, number, facts, events, errors, most, texts, fields, jobs: grouped(refs) };
  const answer = await store.runForBuffers(lookScript, packed(ask));
  const [now, ...rows] = unpacked<readonly [Instant, ...(Row | false)[]]>(answer);
  const done = new Look(wanted, now);
  return refs.map((ref, index) => {
    const row = rows[index];
    return row ? new StoredJob(ref, done, row) : null;
  });
}

/** Jobs that follow each other in one queue name it once. */
function grouped(refs: readonly JobRef[]): readonly (readonly string[])[] {
  const groups: string[][] = [];
  for (const { queue, id } of refs) {
    const last = groups.at(-1);
    if (last?.[0] === queue) last.push(id);
    else groups.push([queue, id]);
  }
  return groups;
}
