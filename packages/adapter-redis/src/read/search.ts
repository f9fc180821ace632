/**
 * Looking at jobs one after the other until enough match, in portions of which none holds the server up: the walks bring
 * addresses, a script as much of each job as the filter asks for.
 *
 * Two things bound it: jobs that were looked at, and time. What a walk passes over is not looked at. Searches that answer
 * one call have one end, so that the call takes no longer than one of them may.
 */

import {
  DEFAULTS,
  edgeOf,
  type Instant,
  type ListPlace,
  LONGEST_SEARCH_MS,
  type SearchOutcome,
  type SearchRequest,
} from "@jobyard/core/adapter";
import type { Discovery } from "./discovery.ts";
import { Eye, type Match } from "./eye.ts";
import type { Wanted } from "./look.ts";
import { sourceOf } from "./source.ts";
import type { Readable } from "./store.ts";
import { Merge } from "./walks.ts";

/** Jobs of the first portion: twice what is wanted, for what is passed over, but neither more nor less than these. */
const SMALLEST_FIRST = 32;
const LARGEST_FIRST = 256;
const GROWTH = 4;

export interface Search extends SearchRequest {
  /** By the monotonic clock: when it stops where it is, after one portion at least. */
  readonly end: number;
  /** What is read of each job besides what the filter asks for, for whoever collects. */
  readonly read?: Wanted;
  /** Gets each portion's matches, in order. @param now - the instant that the whole search goes by */
  readonly collect: (matches: readonly Match[], now: Instant) => void;
}

export interface Outcome extends SearchOutcome {
  /** False if there are jobs, further back than any that was looked at, that no search comes upon. */
  readonly isComplete: boolean;
}

/** Of a call that begins now. */
export const endOfCall = ({ ports }: Readable): number => ports.monotonic() + LONGEST_SEARCH_MS;

export async function search(store: Readable, discovery: Discovery, options: Search): Promise<Outcome> {
  const { filter, from, end, read = {}, collect } = options;
  const { wanted = Number.POSITIVE_INFINITY, rows = DEFAULTS.searchRows } = options;
  const { now, walks, span, isComplete } = await sourceOf(store, discovery, options);
  const merge = new Merge(store, walks, from, span);
  const eye = new Eye(store, filter, read, now);
  const done = { matches: 0, looked: 0, rest: from as ListPlace };
  let size = Math.max(SMALLEST_FIRST, Math.min(LARGEST_FIRST, 2 * wanted));
  for (;;) {
    const keys = await merge.take(Math.min(size, eye.mostAtOnce, rows - done.looked));
    if (keys === null) return { ...done, reachedEnd: true, isComplete };
    const { matches, looked } = await eye.matching(keys, wanted - done.matches);
    collect(matches, now);
    done.matches += matches.length;
    done.looked += looked;
    const last = keys[looked - 1];
    if (last !== undefined) done.rest = edgeOf(last, from.side);
    // Behind the last of them nothing is left up to where the walks have come.
    if (looked === keys.length) done.rest = merge.rest ?? done.rest;
    const isEnough = done.matches >= wanted || done.looked >= rows || options.enough?.() === true;
    if (isEnough || store.ports.monotonic() >= end) return { ...done, reachedEnd: false, isComplete };
    size *= GROWTH;
  }
}
