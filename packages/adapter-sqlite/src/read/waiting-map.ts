/**
 * Which jobs of some lanes wait: a bit for each.
 *
 * A walk to those that are over jumps with it across the many that were enqueued last, and a walk to those that wait
 * across the many that are over. It is read a portion at a time, in the order of the line, so it also has jobs that
 * began to wait meanwhile; one that waits all the while is in it.
 */

import type { Instant, ListKey, ListPlace } from "@jobyard/core/adapter";
import { holdings } from "../leases.ts";
import type { Head } from "../sql/claim.sql.ts";
import type { NamedLane } from "../sql/read.sql.ts";
import { heldPks, laterList, readyEdge, readyList } from "../sql/walk.sql.ts";
import type { View } from "../step.ts";
import type { Jumps } from "./walks.ts";

/** Places in line that are read in one go. */
const PORTION = 10_000;
/** A page of bits. */
const IN_PAGE = 65_536;
const EVERYTHING = Number.MAX_SAFE_INTEGER;
const EMPTY = new Uint8Array(0);
const START: Pick<Head, "priority" | "ord"> = { priority: -1, ord: -1 };
const END: typeof START = { priority: EVERYTHING, ord: EVERYTHING };

export class WaitingMap implements Jumps {
  readonly #pages = new Map<number, Uint8Array>();
  readonly #lanes: NamedLane[];
  #from = START;

  readonly #dueBy: Instant;
  readonly #withActive: boolean;

  /**
   * @param dueBy - what becomes due later need not be in it; default: all
   * @param withActive - what is claimed meanwhile shall be in it too
   */
  constructor(
    lanes: readonly NamedLane[],
    { dueBy = null, withActive = false }: { readonly dueBy?: Instant | null; readonly withActive?: boolean } = {},
  ) {
    this.#lanes = [...lanes];
    this.#dueBy = dueBy ?? EVERYTHING;
    this.#withActive = withActive;
  }

  get isRead(): boolean {
    return this.#lanes.length === 0;
  }

  /** Reads a portion more. */
  readOn(view: View): void {
    const { db } = view;
    const lane = this.#lanes.at(-1);
    if (lane === undefined) return;
    // What becomes due goes from these into the line behind all others, so they are read before it.
    if (this.#from === START) {
      this.#add(db.all(heldPks, { queue: lane.queue }).map(({ pk }) => pk));
      this.#add(listIn(db.get(laterList, { lane: lane.id, dueBy: this.#dueBy })));
    }
    const edge = db.get(readyEdge, { lane: lane.id, ...this.#from, rows: PORTION });
    const { priority: toPriority, ord: toOrd } = edge ?? END;
    this.#add(listIn(db.get(readyList, { lane: lane.id, ...this.#from, toPriority, toOrd })));
    if (edge === undefined) this.#lanes.pop();
    this.#from = edge ?? START;
    if (this.isRead && this.#withActive) this.#add(holdings(view).keys());
  }

  /** Neighbours mostly come one after the other, so the page is looked up for a run of them. */
  #add(pks: Iterable<number>): void {
    let number = -1;
    let page: Uint8Array = EMPTY;
    for (const pk of pks) {
      const bit = pk % IN_PAGE;
      if ((pk - bit) / IN_PAGE !== number) {
        number = (pk - bit) / IN_PAGE;
        page = this.#pages.get(number) ?? new Uint8Array(IN_PAGE / 8);
        this.#pages.set(number, page);
      }
      page[bit >> 3] = (page[bit >> 3] as number) | (1 << (bit & 7));
    }
  }

  skip({ side, at, pk }: ListPlace): ListPlace {
    let place = pk;
    if (side === "older") while (this.#has(place - 1)) place -= this.#hasEight(place - 8) ? 8 : 1;
    else while (this.#has(place)) place += this.#hasEight(place) ? 8 : 1;
    return { side, at, pk: place };
  }

  /** The next jobs of the map on the way, so many at most. */
  take({ side, pk }: ListPlace, rows: number): readonly ListKey[] {
    const keys: ListKey[] = [];
    const numbers = [...this.#pages.keys()].sort((a, b) => (side === "older" ? b - a : a - b));
    for (const number of numbers) {
      const bits = this.#bitsOf(number).filter((found) => (side === "older" ? found < pk : found >= pk));
      if (side === "older") bits.reverse();
      for (const found of bits.slice(0, rows - keys.length)) keys.push({ at: 0, pk: found });
      if (keys.length === rows) break;
    }
    return keys;
  }

  #has(pk: number): boolean {
    const bit = pk % IN_PAGE;
    return ((this.#pages.get(Math.floor(pk / IN_PAGE))?.[bit >> 3] ?? 0) & (1 << (bit & 7))) !== 0;
  }

  /** All of a byte. */
  #hasEight(pk: number): boolean {
    return pk % 8 === 0 && pk >= 0 && this.#pages.get(Math.floor(pk / IN_PAGE))?.[(pk % IN_PAGE) >> 3] === 0xff;
  }

  #bitsOf(number: number): number[] {
    const found: number[] = [];
    this.#pages.get(number)?.forEach((byte, index) => {
      if (byte !== 0)
        for (let bit = 0; bit < 8; bit++) if (byte & (1 << bit)) found.push(number * IN_PAGE + index * 8 + bit);
    });
    return found;
  }
}

const listIn = (found: { readonly pks: string } | undefined): readonly number[] =>
  JSON.parse(found?.pks ?? "[]") as number[];
